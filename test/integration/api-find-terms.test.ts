/** What terms find over the fixture history: every expectation is worked out from the documents (spec 04 §6.1, 05 §2). */
import * as assert from 'uvu/assert';
import type { ApiHistory } from '../helpers/api-history.js';
import { CALLER_NAMES } from '../helpers/api.js';
import {
  begins,
  beginsText,
  both,
  either,
  every,
  has,
  is,
  isText,
  not,
  number,
  raw,
  some,
  time,
  type OfAll,
} from '../helpers/document-matchers.js';
import { hasSource, valuesAt, visibleAnnotations } from '../helpers/find-model.js';
import { openFind, type Find } from '../helpers/find-requests.js';
import { integration } from '../helpers/integration.js';

const test = integration('api find terms');
let history: ApiHistory;
let children: Find['children'];
let ask: Find['ask'];
let expected: Find['expected'];

test.setup(async () => {
  ({ history, children, ask, expected } = await openFind(test));
});

const NOON = Date.parse('2026-03-01T00:30:00Z');

/** Terms and what they ask of a binary's documents. */
const TERMS: [string, OfAll][] = [
  ['', () => true],
  ['   ', () => true],
  ['magic:"document/pdf data"', some(is('magic', 'document/pdf data'))],
  ['magic:"Document/pdf data"', () => false],
  ["magic:'Document/PDF data'", some(isText('magic', 'Document/PDF data'))],
  ['file_format:Document*', some(beginsText('file_format', 'document'))],
  ['file_format:"Document*"', some(begins('file_format', 'Document'))],
  ['file_format:*', some(has('file_format'))],
  ['size:>5000000', some(number('size', (value) => value > 5_000_000))],
  ['size:[1MB TO 5mb)', some(number('size', (value) => value >= 1e6 && value < 5e6))],
  ['size:=8188808', some(is('size', 8188808))],
  ['size:', some(has('size'))],
  ['depth:0', some(is('depth', 0))],
  ['depth:(0 TO 3]', some(number('depth', (value) => value > 0 && value <= 3))],
  [`source.timestamp:>=${NOON}`, some(time('source.timestamp', (value) => value >= NOON))],
  [`timestamp:<${NOON}`, some(time('timestamp', (value) => value < NOON))],
  ['source.name:"virustotal"', some(is('source.name', 'virustotal'))],
  ['features_map.c2_url:https*', some(beginsText('features_map.c2_url', 'https'))],
  ['features.enriched.hostname:10.1.13.53', some(is('features.enriched.hostname', '10.1.13.53'))],
  ['features.enriched.ip:"10.1.13.53"', some(is('features.enriched.ip', '10.1.13.53'))],
  ['features.enriched.integer:>900000', some(number('features.enriched.integer', (value) => value > 900_000))],
  ['source.encoded_references.key_value:interface.web', some(is('source.encoded_references.key_value', 'interface.web'))],
  ['parent.file_format:*', some(has('parent.file_format'))],
  ['action:extracted', some(is('action', 'extracted'))],
  ['author.name:plugin01 author.name:plugin04', every(some(is('author.name', 'plugin01')), some(is('author.name', 'plugin04')))],
  ['author.name:plugin01 DOCAND author.name:plugin04', () => false],
  ['author.name:plugin01 AND features.name:pe_import', every(some(is('author.name', 'plugin01')), some(is('features.name', 'pe_import')))],
  ['author.name:plugin01 DOCAND features.name:pe_import', some(both(is('author.name', 'plugin01'), is('features.name', 'pe_import')))],
  ['author.name:plugin01 OR author.name:plugin04', some(either(is('author.name', 'plugin01'), is('author.name', 'plugin04')))],
  [
    '(author.name:plugin01 OR author.name:plugin04) AND depth:1',
    every(some(either(is('author.name', 'plugin01'), is('author.name', 'plugin04'))), some(is('depth', 1))),
  ],
  [
    'depth:1 OR (author.name:plugin01 AND features.name:pe_import)',
    some(either(is('depth', 1), both(is('author.name', 'plugin01'), is('features.name', 'pe_import')))),
  ],
  ['NOT depth:0', some(both(has('depth'), not(is('depth', 0))))],
  ['!file_format:image*', some(both(has('file_format'), not(beginsText('file_format', 'image'))))],
  ['NOT (depth:0 OR action:enriched)', some(not(either(is('depth', 0), is('action', 'enriched'))))],
  ['depth:0 AND NOT author.name:uploader', every(some(is('depth', 0)), some(not(is('author.name', 'uploader'))))],
  ['!depth:', () => false],
  ['exec', some(raw('exec'))],
  ['document "application/pdf"', every(some(raw('document')), some(either(raw('application/pdf'), begins('mime', 'application/pdf'))))],
  ['size:9007199254740993', () => false],
  ['size:<18446744073709551614', some(has('size'))],
];

for (const [term, matches] of TERMS) {
  test(`finds by ${JSON.stringify(term)} what a caller may read`, async () => {
    for (const caller of CALLER_NAMES) {
      const wanted = expected(caller, matches);
      const { status, body, text } = await ask(caller, { term, max_entities: '1000', count_entities: 'true' });
      assert.is(status, 200, text);
      assert.equal(
        body.data.items.map(({ key }) => key),
        wanted,
        `${caller}: ${term}`,
      );
      assert.is(body.data.items_count, wanted.length, 'all are counted');
    }
  });
}

test('the terms tell apart what they are to tell apart', () => {
  const counts = TERMS.map(([term, matches]) => [term, expected('all', matches).length] as const);
  const of = (term: string): number => counts.find(([one]) => one === term)![1];
  assert.ok(of('author.name:plugin01 AND features.name:pe_import') > of('author.name:plugin01 DOCAND features.name:pe_import'));
  assert.ok(of('author.name:plugin01 author.name:plugin04') > 0);
  const trivial = counts.filter(([, count]) => count === 0).map(([term]) => term);
  assert.equal(trivial, [
    'magic:"Document/pdf data"',
    'file_format:"Document*"',
    'author.name:plugin01 DOCAND author.name:plugin04',
    '!depth:',
    'size:9007199254740993',
  ]);
  for (const caller of ['low', 'medium', 'high'] as const)
    assert.ok(expected(caller, () => true).length < of(''), `${caller} sees less than all`);
});

test('finds by a digest as a raw term', async () => {
  const [sha256, documents] = [...children.get('medium')!].find(([, all]) => all.some(hasSource) && all.some(has('md5')))!;
  const digests = { md5: valuesAt(documents.find(has('md5')), 'md5')[0] as string, sha256 };
  for (const digest of Object.values(digests)) {
    const { body } = await ask('medium', { term: `"${digest.toUpperCase()}"` });
    assert.equal(
      body.data.items.map(({ key }) => key),
      [sha256],
    );
  }
});

test('finds by tags of binaries that the caller may read', async () => {
  const all = new Set(visibleAnnotations(history, 'all', 'entity_tag').map(({ source }) => source['tag'] as string));
  let missing = 0;
  for (const caller of CALLER_NAMES) {
    for (const tag of all) {
      const tagged = new Set(
        visibleAnnotations(history, caller, 'entity_tag').flatMap(({ source }) => (source['tag'] === tag ? [source['sha256']] : [])),
      );
      const { status, body } = await ask(caller, { term: `binary.tag:${tag}`, max_entities: '1000', count_entities: 'true' });
      if (tagged.size === 0) {
        missing++;
        assert.is(status, 400);
        assert.is(body.message, 'tag does not exist in opensearch');
        continue;
      }
      const wanted = expected(
        caller,
        some((child) => tagged.has(child['sha256'])),
      );
      assert.equal(
        body.data.items.map(({ key }) => key),
        wanted,
        `${caller} ${tag}`,
      );
      assert.ok(
        body.data.items.every(({ highlight }) => Object.keys(highlight!).length === 0),
        'tags are not highlighted',
      );
      const others = await ask(caller, {
        term: `NOT Binary.Tag:"${tag}" AND file_format:doc*`,
        max_entities: '1000',
        count_entities: 'true',
      });
      const untagged = expected(
        caller,
        every(
          some((child) => !tagged.has(child['sha256'])),
          some(beginsText('file_format', 'doc')),
        ),
      );
      assert.equal(
        others.body.data.items.map(({ key }) => key),
        untagged,
      );
    }
  }
  assert.ok(missing > 0, 'some tags are only on what others may read');
  assert.is((await ask('all', { term: 'feature.tag:nowhere' })).body.message, 'feature value tag not found');
});

test('finds by tags of feature values', async () => {
  for (const caller of CALLER_NAMES) {
    const tags = visibleAnnotations(history, caller, 'fv_tag').filter(({ source }) => source['tag'] === 'c2');
    const tagged = new Set(tags.map(({ source }) => JSON.stringify([source['feature_name'], source['feature_value']])));
    const wanted = expected(
      caller,
      some((child) =>
        Object.entries((child['features_map'] ?? {}) as Record<string, string[]>).some(([name, values]) =>
          values.some((value) => tagged.has(JSON.stringify([name, value]))),
        ),
      ),
    );
    assert.ok(tagged.size > 0);
    const { status, body, text } = await ask(caller, { term: 'feature.tag:c2', max_entities: '1000' });
    assert.is(status, 200, text);
    assert.equal(
      body.data.items.map(({ key }) => key),
      wanted,
      caller,
    );
  }
});

test('keeps integers of a term exact', async () => {
  const { text, status } = await ask('all', { term: 'size:9007199254740993 OR size:>1', include_queries: 'true', max_entities: '1' });
  assert.is(status, 200, text);
  assert.ok(text.includes('{"size":9007199254740993}'));
});

const UNKNOWN =
  'The following term query key could not be found: [a_bad_key]. Either the key are related to results and temporarily missing or the query is invalid.';

test('refuses unknown keys where nothing was found or counted', async () => {
  const { body, status } = await ask('all', { term: 'a_bad_key:x OR size:>1' });
  assert.is(status, 422);
  assert.equal(body, { ref: '', message: UNKNOWN });
  assert.is((await ask('all', { term: 'a_bad_key:x OR size:>1', count_entities: 'true' })).status, 200);
  assert.is((await ask('all', { term: 'a_bad_key:x', count_entities: 'true' })).status, 422);
  const several = await ask('all', { term: 'b_key:x OR Size:1 OR fold.tokens:x OR b_key:y' });
  assert.ok(
    several.body.message.startsWith(
      'The following term query keys could not be found: [b_key, Size, fold.tokens, b_key]. Either the keys are',
    ),
  );
  assert.is((await ask('all', { term: 'Binary.Tag:malicious' })).status, 422, 'letters of keys count');
});

const REFUSED: [Record<string, string>, number, RegExp][] = [
  [{ term: 'a:b)' }, 400, /^Failed to parse term 'a:b\)': Unexpected token '\)' at line 1, column 4/],
  [{ term: ' "x' }, 400, /^Failed to parse term ' "x': No terminal matches '"' at line 1 col 2/],
  [{ term: '[1 TO 5]' }, 400, /^Failed to parse term '\[1 TO 5\]': A range needs a key/],
  [{ term: 'binary.tag:' }, 400, /needs a value/],
  [{ term: 'binary.tag:>5' }, 400, /can't be compared/],
  [{ term: 'a:"\\q"' }, 400, /Invalid escape character: q/],
  [{ term: 'size:10MB' }, 400, /\[size\]/],
  [{ term: 'timestamp:2020*' }, 400, /timestamp/],
  [{ term: 'size:=18446744073709551616' }, 400, /out of range/],
  [{ term: Array.from({ length: 1_100 }, (_, n) => `magic:v${n}`).join(' OR ') }, 400, /maxClauseCount is set to 1024/],
];
for (const [parameters, status, message] of REFUSED) {
  test(`refuses ${JSON.stringify(parameters).slice(0, 60)}`, async () => {
    const answer = await ask('medium', parameters);
    assert.is(answer.status, status, answer.text);
    assert.match(answer.body.message, message);
    assert.equal(Object.keys(answer.body), ['ref', 'message']);
  });
}

test('answers a term of a thousand alternatives', async () => {
  const term = [...Array.from({ length: 999 }, (_, n) => `magic:v${n}`), 'file_format:document*'].join(' OR ');
  const { status, body, text } = await ask('low', { term, max_entities: '1000' });
  assert.is(status, 200, text.slice(0, 200));
  assert.equal(
    body.data.items.map(({ key }) => key),
    expected('low', some(beginsText('file_format', 'document'))),
  );
});
