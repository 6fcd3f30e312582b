import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { featureNames } from '../../../../projections/binary/features.js';
import { foldBinary } from '../../../../projections/binary/fold.js';
import { clean } from '../../../../projections/binary/ids.js';
import { parentDocument } from '../../../../projections/binary/parent.js';
import { NO_TABLES } from '../../../../projections/removal/tables.js';
import type { BinaryEvent } from '../../../../schemas/events.js';
import { parseTime } from '../../../../schemas/time.js';
import { deepFrozen, NOW, onlyBody, recordOf, SETTINGS } from '../support.js';
import { author, binaryEvent, feature, linkedEvent, node, stream } from './events.js';

const test = suite('fields of binary documents');

type Json = Record<string, unknown>;

/** The document of an event as OpenSearch reads it; folded twice from frozen input. */
function document(event: BinaryEvent): Json {
  const record = deepFrozen(recordOf(event));
  const result = foldBinary(record, SETTINGS, NOW, NO_TABLES);
  assert.equal(foldBinary(record, SETTINGS, NOW, NO_TABLES), result);
  return onlyBody(result) as Json;
}

function idOf(event: BinaryEvent): string {
  return foldBinary(recordOf(event), SETTINGS, NOW, NO_TABLES).writes[0]!.id;
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
const STEM = 'aa01.user.bob.sourced';

test('lower-cases the hashes of the entity and of the path, not those of streams', () => {
  const doc = document(
    binaryEvent({
      entity: { sha256: 'AA01', sha512: 'AB', sha1: '', md5: 'CD', datastreams: [stream({ sha256: 'EE', md5: 'FF' })] },
      source: { path: [node({ sha256: 'AA01' })] },
    }),
  );
  assert.is(doc['sha256'], 'aa01');
  assert.is(doc['sha512'], 'ab');
  assert.is(doc['md5'], 'cd');
  assert.not('sha1' in doc);
  assert.equal(doc['datastreams'], [{ label: 'content', sha256: 'EE', md5: 'FF' }]);
});

test('drops defaults but keeps empty texts and zeros whose default is null', () => {
  const doc = document(
    binaryEvent({
      event: { author: author({ category: '', version: '' }), action: 'sourced' },
      entity: {
        mime: '',
        size: 0,
        info: '{ }',
        features: [feature({ label: '', offset: 0 })],
        datastreams: [stream({ identify_version: 0, size: 0, sha512: '', mime: '', language: undefined })],
      },
    }),
  );
  assert.equal(doc['author'], { category: '', name: 'bob', version: '', security: 'LOW' });
  assert.is(doc['mime'], '');
  assert.is(doc['size'], 0);
  assert.not('info' in doc);
  assert.equal(doc['features'], [
    { name: 'f', type: 'string', value: 'v', label: '', offset: 0, enriched: {}, encoded: { location: { gte: 0, lte: 0 } } },
  ]);
  assert.equal(doc['datastreams'], [{ label: 'content', size: 0, sha256: 'aa01', sha512: '', mime: '' }]);
});

test('writes nothing of what only steers the pipeline', () => {
  const doc = document(binaryEvent({ event: { dequeued: 'd', retries: 2, flags: { bypass_cache: true, expedite: true, retry: true } } }));
  for (const field of ['kafka_key', 'model_version', 'dequeued', 'retries', 'flags', 'track_authors', 'track_links'])
    assert.not(field in doc, field);
  assert.not('path' in (doc['source'] as Json));
});

test('shows times in UTC with no or six digits', () => {
  const doc = document(
    binaryEvent({
      event: { timestamp: parseTime('2026-03-01T05:30:00.999999999+05:30') },
      source: { timestamp: parseTime('2026-03-01T00:00:00.1Z') },
    }),
  );
  assert.is(doc['timestamp'], '2026-03-01T00:00:00.999999Z');
  assert.is((doc['source'] as Json)['timestamp'], '2026-03-01T00:00:00.100000Z');
});

test('combines the labels of source, author and path', () => {
  const event = binaryEvent({
    event: { author: author({ security: 'medium//rel:bee,apple' }) },
    source: { security: 'LOW TLP:GREEN', path: [node({ author: author({ security: 'MEDIUM MOD1 REL:APPLE' }) })] },
  });
  const doc = document(event);
  assert.is(doc['security'], 'MEDIUM MOD1 REL:APPLE');
  assert.equal(doc['encoded_security'], {
    exclusive: ['s-medium', 's-mod1'],
    inclusive: ['s-rel-apple'],
    markings: ['s-any'],
    num_exclusive: 2,
  });
  assert.is((doc['author'] as Json)['security'], 'MEDIUM REL:APPLE,BEE');
  assert.is(idOf(event), `${STEM}.MEDIUMMOD1RELAPPLE.s2.ee.20260301T000000Z.LOWTLPGREEN`);
});

test('takes the default label where there is none or an empty one', () => {
  const doc = document(
    binaryEvent({
      event: { author: author({ security: '' }) },
      source: { security: '', path: [node({ author: author({ security: '' }) })] },
    }),
  );
  assert.is(doc['security'], 'LOW');
  assert.is((doc['author'] as Json)['security'], 'LOW');
  assert.is((doc['source'] as Json)['security'], 'LOW');
});

test('takes ssdeep and tlsh of the info when the entity has none; only ssdeep is shown', () => {
  const tlsh = 'A1B2C3' + '00'.repeat(15) + 'ff'.repeat(17);
  const doc = document(binaryEvent({ entity: { ssdeep: '', info: `{"ssdeep":"03:a:","tlsh":"${tlsh}"}` } }));
  assert.is(doc['ssdeep'], '03:a:');
  assert.equal(doc['encoded_ssdeep'], { blocksize: 3, chunk: 'a', dchunk: '' });
  assert.not('tlsh' in doc);
  assert.equal(doc['tlsh_vector'], [-102, -85, -116, -125, ...Array<number>(15).fill(-128), ...Array<number>(17).fill(127)]);
});

test('keeps an empty ssdeep and tlsh without encoding them', () => {
  const doc = document(binaryEvent({ entity: { ssdeep: '', tlsh: '' } }));
  assert.is(doc['ssdeep'], '');
  assert.is(doc['tlsh'], '');
  assert.not('encoded_ssdeep' in doc);
  assert.not('tlsh_vector' in doc);
});

test('writes a null entropy vector for too few blocks and none without entropy', () => {
  const withInfo = (info: string): Json => document(binaryEvent({ entity: { info } }));
  assert.is(withInfo('{"entropy":{"blocks":[1,2]}}')['entropy_vector'], null);
  assert.is(withInfo('{"entropy":{"overall":1}}')['entropy_vector'], null);
  assert.not('entropy_vector' in withInfo('{"entropy":{}}'));
  const blocks = Array.from({ length: 80 }, (_, i) => i / 10);
  const vector = withInfo(JSON.stringify({ entropy: { blocks } }))['entropy_vector'] as number[];
  assert.is(vector.length, 160);
  assert.equal(vector.slice(4, 8), [-128, 0, 0, 0]);
  assert.equal(withInfo(`{"entropy":{"blocks":[${Array(40).fill('true').join(',')}]}}`)['entropy_vector'] !== null, true);
});

test('hashes the info as Python writes it', () => {
  const doc = document(binaryEvent({ entity: { info: '{"b":1,"a":[1,2.0,1e3,1E-7,1e22,-0,-0.0,0.1]}' } }));
  assert.is(doc['uniq_info'], `${STEM}.${md5('{"b": 1, "a": [1, 2.0, 1000.0, 1e-07, 1e+22, 0, -0.0, 0.1]}')}`);
});

test('keeps everything inside the info but _sa keys; an info of these alone stays empty and unhashed', () => {
  const doc = document(binaryEvent({ entity: { info: '{"a":null,"b":[],"c":{},"d":{"_sa":1},"_sax":2}' } }));
  assert.equal(doc['info'], { a: null, b: [], c: {}, d: {} });
  assert.is(doc['uniq_info'], `${STEM}.${md5('{"a": null, "b": [], "c": {}, "d": {}}')}`);
  const hidden = document(binaryEvent({ entity: { info: '{"_sa":1}' } }));
  assert.equal(hidden['info'], {});
  assert.not('uniq_info' in hidden);
});

test('counts and maps features, hashes them in code-point order', () => {
  const features = [
    feature({ name: 'filename', value: 'b' }),
    feature({ name: '\u{1f600}', value: '1' }),
    feature({ name: '\uff5e', value: '2' }),
    feature({ name: 'filename', value: 'a' }),
    feature({ name: 'filename', value: 'b' }),
    feature({ name: '__proto__', value: 'p' }),
  ];
  const event = binaryEvent({ entity: { features } });
  const doc = document(event);
  assert.equal(doc['filename'], ['b', 'a', 'b']);
  assert.is(doc['num_feature_names'], 4);
  assert.is(doc['num_feature_values'], 6);
  const map = doc['features_map'] as Record<string, string[]>;
  assert.equal(Object.entries(map).sort(), [
    ['__proto__', ['p']],
    ['filename', ['b', 'a', 'b']],
    ['\u{1f600}', ['1']],
    ['\uff5e', ['2']],
  ]);
  assert.is(doc['uniq_features'], `${STEM}.${md5('__proto__.p.filename.a.filename.b.filename.b.\uff5e.2.\u{1f600}.1')}`);
  assert.equal(featureNames(foldBinary(recordOf(event), SETTINGS, NOW, NO_TABLES).writes[0]!.body), [
    'filename',
    '\u{1f600}',
    '\uff5e',
    '__proto__',
  ]);
});

test('has no feature fields without features', () => {
  const doc = document(binaryEvent());
  for (const field of ['features', 'filename', 'features_map', 'num_feature_names', 'num_feature_values', 'uniq_features'])
    assert.not(field in doc, field);
  assert.equal(featureNames(foldBinary(recordOf(binaryEvent()), SETTINGS, NOW, NO_TABLES).writes[0]!.body), []);
});

test('locates features exactly, whatever their size', () => {
  const location = (offset: bigint | number | undefined, size: bigint | number | undefined): string => {
    const write = foldBinary(recordOf(binaryEvent({ entity: { features: [feature({ offset, size })] } })), SETTINGS, NOW, NO_TABLES)
      .writes[0]!;
    const { encoded } = (
      write.body['features'] as readonly { encoded: { location?: { gte: bigint | number; lte: bigint | number } } }[]
    )[0]!;
    return encoded.location === undefined ? 'none' : `${encoded.location.gte}..${encoded.location.lte}`;
  };
  assert.is(location(undefined, undefined), 'none');
  assert.is(location(4, undefined), '4..4');
  assert.is(location(undefined, 3), '0..3');
  assert.is(location(9007199254740991, 2), '9007199254740991..9007199254740993');
  assert.is(location(18446744073709551615n, 1), '18446744073709551615..18446744073709551616');
});

test('keeps features whose value can not be enriched', () => {
  const doc = document(binaryEvent({ entity: { features: [feature({ type: 'integer', value: 'x' })] } }));
  assert.equal(doc['features'], [{ name: 'f', type: 'integer', value: 'x', encoded: {} }]);
});

const STREAMS = [
  stream({ sha256: 'c', label: 'report' }),
  stream({ sha256: 'b' }),
  stream({ sha256: 'c', label: 'text' }),
  stream({ sha256: '\uff5e', label: 'test' }),
];
const shas = (doc: Json): unknown => (doc['datastreams'] as Json[] | undefined)?.map((s) => `${String(s['sha256'])}:${String(s['label'])}`);
const BY_ACTION: readonly [string, BinaryEvent, string[] | undefined, string | undefined][] = [
  ['sourced', binaryEvent({ entity: { datastreams: STREAMS } }), ['b:content', 'c:report', 'c:text', '\uff5e:test'], 'b.c.c.\uff5e'],
  [
    'extracted',
    linkedEvent('extracted', { entity: { datastreams: STREAMS } }),
    ['b:content', 'c:report', 'c:text', '\uff5e:test'],
    'b.c.c.\uff5e',
  ],
  [
    'augmented',
    binaryEvent({ event: { action: 'augmented' }, entity: { datastreams: STREAMS } }),
    ['c:report', 'c:text', '\uff5e:test'],
    'b.c.c.\uff5e',
  ],
  ['augmented with content only', binaryEvent({ event: { action: 'augmented' } }), [], 'aa01'],
  ['augmented without streams', binaryEvent({ event: { action: 'augmented' }, entity: { datastreams: [] } }), [], undefined],
  ['mapped without streams', linkedEvent('mapped'), undefined, undefined],
  ['enriched', binaryEvent({ event: { action: 'enriched' }, entity: { datastreams: STREAMS } }), undefined, undefined],
];

for (const [what, event, expected, hashed] of BY_ACTION) {
  test(`shows the streams that belong to ${what}`, () => {
    const doc = document(event);
    assert.equal(shas(doc), expected);
    assert.is(doc['uniq_data'], hashed === undefined ? undefined : `${String(doc['sha256_author_action'])}.${md5(hashed)}`);
  });
}

const nodes = (n: number) => Array.from({ length: n }, () => node());
const DEPTHS: readonly [string, number, number | undefined][] = [
  ['sourced', 1, 0],
  ['sourced', 0, -1],
  ['extracted', 1, 0],
  ['mapped', 3, 2],
  ['augmented', 0, 0],
  ['augmented', 1, 0],
  ['augmented', 2, 0],
  ['augmented', 3, 1],
  ['enriched', 3, undefined],
];

for (const [action, length, depth] of DEPTHS) {
  test(`${action} with ${length} path nodes has depth ${depth ?? 'none'}`, () => {
    const event = binaryEvent({ event: { action, track_links: ['L'], track_authors: ['a', 'b'] }, source: { path: nodes(length) } });
    assert.is(document(event)['depth'], depth);
  });
}

test('an enriched document belongs to no submission and no link', () => {
  const event = binaryEvent({ event: { action: 'enriched', track_links: ['L'], track_authors: ['a', 'b'] }, source: { path: nodes(2) } });
  const doc = document(event);
  for (const field of [
    'source',
    'depth',
    'track_source_references',
    'track_source_references_grouped',
    'track_link',
    'parent',
    'parent_track_author',
  ])
    assert.not(field in doc, field);
  assert.is(idOf(event), 'aa01.user.bob.enriched.LOW');
});

for (const action of ['extracted', 'mapped'] as const) {
  test(`${action} from a parent is linked to it, and from nowhere it is a submission`, () => {
    const event = linkedEvent(action);
    const doc = document(event);
    assert.is(doc['track_link'], 'L1');
    assert.is(doc['parent_track_author'], 'user.bob.1');
    assert.equal(doc['parent_relationship'], {});
    assert.is((doc['parent'] as Json)['sha256'], 'aa01');
    assert.is(idOf(event), `bb02.plugin.unzip.${action}.LOW.s2.ee.20260301T000000Z.LOW.aa01`);
    const alone = linkedEvent(action, { source: { path: [node()] } });
    assert.not('parent' in document(alone));
    assert.is(idOf(alone), `bb02.plugin.unzip.${action}.LOW.s2.ee.20260301T000000Z.LOW`);
  });
}

for (const action of ['sourced', 'augmented']) {
  test(`${action} is never linked`, () => {
    const event = binaryEvent({ event: { action, track_links: ['L'], track_authors: ['a', 'b'] }, source: { path: nodes(2) } });
    assert.not('track_link' in document(event));
    assert.is(idOf(event), `aa01.user.bob.${action}.LOW.s2.ee.20260301T000000Z.LOW`);
  });
}

test('shows a parent with its own defaults dropped', () => {
  const parent = node({
    sha256: 'AA01',
    author: author({ security: 'medium' }),
    size: 0,
    filename: '',
    language: undefined,
    relationship: { a: 'b', _sa: 'x' },
  });
  const doc = document(linkedEvent('extracted', { source: { path: [parent, node({ relationship: { _sa_only: 'x' } })] } }));
  assert.equal(doc['parent'], {
    author: { category: 'user', name: 'bob', version: '1', security: 'MEDIUM' },
    action: 'sourced',
    sha256: 'aa01',
    relationship: { a: 'b' },
    timestamp: '2026-03-01T00:00:00Z',
    size: 0,
    filename: '',
    encoded: { sha256_author_action: 'aa01.user.bob.sourced' },
  });
  assert.equal(doc['parent_relationship'], {});
});

test('encodes settings by key and references by key and value, in code-point order', () => {
  const doc = document(
    binaryEvent({ source: { settings: { '\u{1f600}': '1', '\uff5e': '2', _sa: 'x' }, references: { a: '.z', 'a.': 'b', _sa_x: 'y' } } }),
  );
  const source = doc['source'] as Json;
  assert.equal(source['settings'], { '\uff5e': '2', '\u{1f600}': '1' });
  assert.equal(source['encoded_settings'], [
    { key: '\uff5e', value: '2' },
    { key: '\u{1f600}', value: '1' },
  ]);
  assert.equal(source['encoded_references'], [
    { key: 'a.', value: 'b', key_value: 'a..b' },
    { key: 'a', value: '.z', key_value: 'a..z' },
  ]);
});

test('writes no empty references, but those that only had hidden keys', () => {
  assert.equal(document(binaryEvent({ source: { references: {} } }))['source'], {
    security: 'LOW',
    name: 's2',
    timestamp: '2026-03-01T00:00:00Z',
  });
  assert.equal((document(binaryEvent({ source: { references: { _sa: 'x' } } }))['source'] as Json)['references'], {});
});

test('groups by the priority references of the source that are there', () => {
  const grouped = (references: Record<string, string> | undefined): unknown =>
    document(binaryEvent({ source: { name: 's1', references } }))['track_source_references_grouped'];
  assert.is(grouped({ ref2: 'R', ref1: 'x' }), `s1.${md5('ref2.R.')}`);
  assert.is(grouped({ ref1: 'x' }), 's2.ee');
  assert.is(grouped(undefined), 's2.ee');
  assert.is(grouped({ ref2: '' }), `s1.${md5('ref2..')}`);
});

test('cleans id parts of everything but letters, digits and dots', () => {
  assert.is(clean('2026-02-28T13:59:59.000100Z'), '20260228T135959.000100Z');
  assert.is(clean('HIGH REL:APPLE,CAR'), 'HIGHRELAPPLECAR');
  assert.is(clean('é😀_-'), '');
});

test('puts documents by the first character of the hash', () => {
  const write = foldBinary(recordOf(binaryEvent({ entity: { sha256: 'FF' } })), SETTINGS, NOW, NO_TABLES).writes[0]!;
  assert.is(write.index, 'azul.x.bench.binary2.f');
  assert.is(write.routing, 'ff');
});

test('makes the parent document', () => {
  assert.equal(parentDocument('bench', 'aa01'), {
    index: 'azul.x.bench.binary2.a',
    id: 'aa01',
    routing: 'aa01',
    body: {
      binary_info: { name: 'binary' },
      security: 's-any',
      encoded_security: { exclusive: ['s-any'], inclusive: ['s-any'], markings: [], num_exclusive: 1 },
    },
  });
});

test('claims the document with the record, the event and its source', () => {
  const event = binaryEvent();
  const record = recordOf(event, { key: 'record', partition: 4, offset: 9, topic: 't' });
  const { contribution } = foldBinary(record, SETTINGS, NOW, NO_TABLES).writes[0]!;
  const { tokens, ...rest } = contribution;
  assert.equal(rest, {
    topic: 't',
    partition: 4,
    recordKey: 'record',
    eventKey: 'key',
    insertKeys: [],
    offset: 9,
    insertOffsets: [],
    timestamp: event.timestamp,
    recordTimestamp: event.timestamp,
    source: 's2',
    sourceTimestamp: event.source.timestamp,
  });
  assert.equal(
    [...tokens].map((token) => token[0]),
    ['a', 'e', 'r', 's', 't'],
  );
});

test.run();
