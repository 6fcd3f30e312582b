/** Sources and what was submitted to them, against the folded history (spec 04 §11, 05 §12). */
import * as assert from 'uvu/assert';
import { apiHistory, type ApiHistory, type StoredDocument } from '../helpers/api-history.js';
import { CALLER_NAMES, sees, startTestApi, type Answer, type CallerName, type Envelope, type TestApi } from '../helpers/api.js';
import { integration } from '../helpers/integration.js';

const test = integration('api sources');
let history: ApiHistory;
let api: TestApi;

interface Submitted {
  readonly depth?: number;
  readonly sha256: string;
  readonly track_source_references: string;
  readonly track_source_references_grouped: string;
  readonly source?: {
    readonly name: string;
    readonly timestamp: string;
    readonly references?: Readonly<Record<string, string>>;
    readonly encoded_references?: readonly { readonly value: string }[];
  };
}

interface Row {
  readonly track_source_references?: string;
  readonly track_source_references_grouped?: string;
  readonly timestamp: string;
  readonly num_entities: number;
  readonly num_entities_min: boolean;
  readonly values: Readonly<Record<string, string>>;
}

type Field = 'track_source_references' | 'track_source_references_grouped';
type Rows = Envelope<{ readonly items: readonly Row[] }>;

const SOURCES = ['virustotal', 's1', 's2', 'tasking', 'incidents', 'test'];

test.setup(async () => {
  history = await apiHistory();
  api = await startTestApi(history.arena);
  test.closing(() => api.close());
});

const submittedOf = ({ source }: StoredDocument): Submitted => source as unknown as Submitted;

/** Dates as OpenSearch gives them. */
const inMilliseconds = (time: string): string => new Date(time).toISOString();

function visible(caller: CallerName, name: string, also: (document: StoredDocument) => boolean = () => true): readonly Submitted[] {
  return history.documents
    .filter((document) => document.docname === 'binary2' && sees(caller, document) && also(document))
    .map(submittedOf)
    .filter(({ depth, source }) => depth === 0 && source?.name === name);
}

/** Rows by rules of this file: newest first, equally new ones by their key. */
function rowsOf(documents: readonly Submitted[], field: Field, keyOf: (document: Submitted) => string = (one) => one[field]): Row[] {
  const keys = [...new Set(documents.map(keyOf))].sort();
  const rows = keys.map((key) => {
    const group = documents.filter((document) => keyOf(document) === key);
    const timestamp = group
      .map((one) => inMilliseconds(one.source!.timestamp))
      .sort()
      .at(-1)!;
    return {
      [field]: group[0]![field],
      timestamp,
      num_entities: new Set(group.map(({ sha256 }) => sha256)).size,
      num_entities_min: group.length >= 100,
      values: group.find((one) => inMilliseconds(one.source!.timestamp) === timestamp)!.source!.references ?? {},
    };
  });
  return rows.sort((a, b) => (a.timestamp === b.timestamp ? 0 : a.timestamp < b.timestamp ? 1 : -1)).slice(0, 100);
}

function missing(answer: Answer, message: string): void {
  assert.is(answer.status, 404);
  assert.equal(answer.body, { ref: '', message });
}

test('shows every source with every setting, also those that are not configured', async () => {
  const { body, headers, status } = await api.ask<Envelope<Record<string, object>>>('low', '/v0/sources');
  assert.is(status, 200);
  assert.equal(Object.keys(body.data).sort(), [...SOURCES].sort());
  const bare = {
    icon_class: 'bug',
    references: [],
    kafka: { numpartitions: 0, replicationfactor: 0, config: {} },
    description: '',
    partition_unit: 'year',
    expire_events_after: '0',
    elastic: {},
    exclude_from_backup: false,
    kafka_config_full: { 'cleanup.policy': 'compact', 'retention.ms': '-1' },
    expire_events_ms: -1,
  };
  assert.equal(body.data['tasking'], bare);
  const reference = { required: false, description: 'x', highlight: false };
  assert.equal(body.data['virustotal'], {
    ...bare,
    references: [
      { name: 'submitter_id', ...reference, priority: true },
      { name: 'interface', ...reference, priority: false },
    ],
  });
  assert.is(headers['cache-control'], 'private, no-cache');
  assert.is(headers['x-azul-security'], body.meta.security);
});

test('lets a client keep the sources, for its own labels only', async () => {
  const first = await api.ask<Envelope<object>>('low', '/v0/sources');
  const etag = first.headers['etag'] as string;
  const again = await api.ask('low', '/v0/sources', { headers: { 'if-none-match': etag } });
  assert.is(again.status, 304);
  assert.is(again.text, '');
  const other = await api.ask<Envelope<object>>('medium', '/v0/sources', { headers: { 'if-none-match': etag } });
  assert.is(other.status, 200, 'another caller has other labels in meta');
  assert.is.not(other.body.meta.security, first.body.meta.security);
  assert.equal(other.body.data, first.body.data);
  const excluding = await api.ask<Envelope<object>>('medium', '/v0/sources?x=MEDIUM&include_queries=true');
  assert.is(excluding.body.meta.sec_filter, 'OR');
  assert.equal(excluding.body.meta.queries, []);
  assert.is.not(excluding.body.meta.security, other.body.meta.security);
  assert.is((await api.ask('medium', '/v0/sources?x=BOGUS')).status, 422);
});

test('tells whether a source is configured', async () => {
  for (const [source, status] of [
    ['s1', 200],
    ['incidents', 200],
    ['nope', 404],
    ['S1', 404],
    ['__proto__', 404],
  ] as const) {
    const answer = await api.ask('low', `/v0/sources/${source}`, { method: 'HEAD' });
    assert.is(answer.status, status, source);
    assert.is(answer.text, '');
  }
  missing(await api.ask('low', '/v0/sources/nope'), 'The provided source cannot be found in Azul.');
  missing(await api.ask('all', '/v0/sources/constructor'), 'The provided source cannot be found in Azul.');
});

test('counts what a caller sees of a source', async () => {
  const counts = new Set<number>();
  for (const caller of CALLER_NAMES) {
    for (const name of SOURCES) {
      const documents = visible(caller, name);
      const { body } = await api.ask<Envelope<unknown>>(caller, `/v0/sources/${name}`);
      const newest =
        documents
          .map(({ source }) => inMilliseconds(source!.timestamp))
          .sort()
          .at(-1) ?? null;
      const entities = new Set(documents.map(({ sha256 }) => sha256)).size;
      assert.equal(body.data, { name, newest, num_entities: entities }, `${caller} ${name}`);
      counts.add(entities);
    }
  }
  assert.ok(counts.has(0) && counts.size > 6, 'callers see different numbers');
});

for (const [path, field] of [
  ['references', 'track_source_references'],
  ['references/grouped', 'track_source_references_grouped'],
] as const) {
  test(`lists ${path} by what a caller sees`, async () => {
    const sizes = new Set<number>();
    for (const caller of CALLER_NAMES) {
      for (const source of ['virustotal', 's1', 's2', 'tasking']) {
        const expected = rowsOf(visible(caller, source), field);
        const { body } = await api.ask<Rows>(caller, `/v0/sources/${source}/${path}`);
        assert.equal(body.data.items, expected, `${caller} ${source}`);
        sizes.add(expected.length);
      }
    }
    assert.ok(sizes.size > 3);
  });

  test(`lists ${path} within x and i`, async () => {
    const apple = ({ source }: StoredDocument) => (source['encoded_security'] as { inclusive: string[] }).inclusive.includes('s-rel-apple');
    const medium = ({ source }: StoredDocument) => (source['encoded_security'] as { exclusive: string[] }).exclusive.includes('s-medium');
    const included = rowsOf(visible('medium', 'virustotal', apple), field);
    assert.ok(included.length > 0);
    const including = await api.ask<Rows>('medium', `/v0/sources/virustotal/${path}?i=REL:APPLE`);
    assert.equal(including.body.data.items, included);
    assert.is(including.body.meta.sec_filter, 'AND');
    const left = rowsOf(
      visible('medium', 'virustotal', (document) => !medium(document)),
      field,
    );
    const excluding = await api.ask<Rows>('medium', `/v0/sources/virustotal/${path}?x=medium`);
    assert.equal(excluding.body.data.items, left);
    assert.ok(left.length < rowsOf(visible('medium', 'virustotal'), field).length);
  });

  test(`finds ${path} whose value contains a term, literally and in any case`, async () => {
    const values = new Set(
      visible('all', 'virustotal').flatMap(({ source }) => (source!.encoded_references ?? []).map(({ value }) => value)),
    );
    const part = [...values].sort()[0]!.slice(1, 3);
    const terms = [
      part,
      'WEB',
      'aPi',
      '.',
      '.*',
      '[0-9]',
      '5|4',
      '<1-9>',
      '@',
      '"',
      '~',
      '#',
      '&',
      '\\',
      '\\d',
      '(',
      'a{1',
      'wéb',
      '%',
      ' ',
    ];
    let hits = 0;
    let misses = 0;
    for (const caller of CALLER_NAMES) {
      for (const term of terms) {
        const contains = ({ source }: Submitted): boolean =>
          (source!.encoded_references ?? []).some(({ value }) => value.toLowerCase().includes(term.toLowerCase()));
        const expected = rowsOf(visible(caller, 'virustotal').filter(contains), field);
        const answer = await api.ask<Rows>(caller, `/v0/sources/virustotal/${path}?term=${encodeURIComponent(term)}`);
        if (expected.length === 0) {
          misses++;
          missing(answer, 'No references can be found for the provided source.');
        } else {
          hits++;
          assert.equal(answer.body.data.items, expected, `${caller} ${term}`);
        }
      }
    }
    assert.ok(hits >= 4 && misses >= 4, `${hits} with and ${misses} without rows`);
  });

  test(`has no ${path} of a source without submissions`, async () => {
    for (const source of ['incidents', 'nope', '*']) {
      missing(await api.ask('all', `/v0/sources/${source}/${path}`), 'No references can be found for the provided source.');
    }
  });
}

test('lists submissions by references and time', async () => {
  const keyOf = ({ track_source_references: references, source }: Submitted): string =>
    `${references}|${inMilliseconds(source!.timestamp)}`;
  for (const caller of CALLER_NAMES) {
    for (const source of ['virustotal', 's1', 's2', 'tasking']) {
      const documents = visible(caller, source);
      const expected = rowsOf(documents, 'track_source_references', keyOf);
      const { body } = await api.ask<Rows>(caller, `/v0/sources/${source}/submissions`);
      assert.equal(body.data.items, expected, `${caller} ${source}`);
    }
  }
});

test('finds a submission by its time, however that is written', async () => {
  const [first] = visible('low', 's1');
  const references = first!.track_source_references;
  const time = first!.source!.timestamp;
  const milliseconds = Date.parse(time);
  const expected = rowsOf(
    visible('low', 's1').filter((one) => one.track_source_references === references && Date.parse(one.source!.timestamp) === milliseconds),
    'track_source_references',
  );
  assert.is(expected.length, 1);
  const inIndia = `${new Date(milliseconds + 5.5 * 3_600_000).toISOString().slice(0, -1)}+05:30`;
  for (const written of [time, inMilliseconds(time), time.slice(0, -1), time.replace('T', ' '), inIndia, String(milliseconds)]) {
    const query = new URLSearchParams({ track_source_references: references, timestamp: written }).toString();
    const { body, status } = await api.ask<Rows>('low', `/v0/sources/s1/submissions?${query}`);
    assert.is(status, 200, written);
    assert.equal(body.data.items, expected, written);
  }
  const byReferences = await api.ask<Rows>('low', `/v0/sources/s1/submissions?track_source_references=${references}`);
  assert.ok(byReferences.body.data.items.every((row) => row.track_source_references === references));
});

test('has no submission at another time, and refuses what is no time', async () => {
  const none = 'No source information could be found for the given request.';
  missing(await api.ask('all', '/v0/sources/s1/submissions?timestamp=2001-01-01'), none);
  missing(await api.ask('all', '/v0/sources/nope/submissions'), none);
  missing(await api.ask('all', '/v0/sources/s1/submissions?track_source_references=s1.x'), none);
  const hidden = visible('all', 's1').find(
    ({ track_source_references: references }) => !visible('low', 's1').some((one) => one.track_source_references === references),
  );
  missing(await api.ask('low', `/v0/sources/s1/submissions?track_source_references=${hidden!.track_source_references}`), none);
  for (const written of ['', 'yesterday', '2024-02-30', '2024-01-01T24:00:00Z', '2024-13-01T00:00:00Z']) {
    const { status, body } = await api.ask<{ detail: { loc: string[] }[] }>('all', `/v0/sources/s1/submissions?timestamp=${written}`);
    assert.is(status, 422, written);
    assert.equal(body.detail[0]!.loc, ['query', 'timestamp']);
  }
});
