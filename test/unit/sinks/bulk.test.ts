import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bulkBody, judgeItem, type BulkItem, type Verdict } from '../../../src/sinks/bulk.js';
import { ChunkPool, TextWriter } from '../../../src/sinks/document-text.js';
import { addContender, createOperation, type Operation, type ParentOperation } from '../../../src/sinks/operations.js';
import { mergeScriptId, mergeScriptSource } from '../../../src/sinks/merge-script.js';
import { contender, operation } from './fixtures.js';

const test = suite('bulk');

const create = operation('a');
const merge: Operation<number> = { ...operation('a'), mode: 'merge' };
const parent: ParentOperation = { kind: 'parent', index: 'i', id: 'p', routing: 'p', bodyJson: '{"n":1}' };

const item = (status: number, type: string, reason: string, cause?: { type: string; reason: string }): BulkItem => ({
  status,
  error: { type, reason, ...(cause ? { caused_by: cause } : {}) },
});
const conflict = item(409, 'version_conflict_engine_exception', 'document already exists');
const mapper = (reason: string): BulkItem => item(400, 'mapper_parsing_exception', reason);
const strict = (within: string): BulkItem =>
  item(400, 'strict_dynamic_mapping_exception', `mapping set to strict, dynamic introduction of [x] within [${within}] is not allowed`);

const TABLE: readonly (readonly [string, BulkItem, Operation<number>, Verdict['kind']])[] = [
  ['created', { status: 201 }, create, 'done'],
  ['updated', { status: 200 }, merge, 'done'],
  ['updated, a body is owed', { status: 200, get: { _source: { fold: { owed: true } } } }, merge, 'owed'],
  ['created before', conflict, create, 'merge'],
  ['changed meanwhile', conflict, merge, 'retry'],
  ['parent created before', conflict, parent, 'done'],
  ['queue full', item(429, 'rejected_execution_exception', 'full'), create, 'retry'],
  ['shard away', item(503, 'unavailable_shards_exception', 'primary shard is not active'), merge, 'retry'],
  ['disk full', item(403, 'cluster_block_exception', 'index read-only / allow delete'), create, 'retry'],
  ['no permission', item(403, 'security_exception', 'no permissions for [indices:data/write/bulk]'), create, 'stop'],
  ['no account', item(401, 'security_exception', 'unauthorized'), create, 'stop'],
  ['unmapped feature', strict('features_map'), create, 'grow'],
  ['unmapped feature with a dot', strict('features_map.a'), create, 'grow'],
  ['unmapped field elsewhere', strict('source'), create, 'rejected'],
  ['place of a feature taken by a value', mapper('Could not dynamically add mapping for field [a.b]. Existing mapping for [features_map.a] must be of type object but found [keyword].'), create, 'grow'],
  ['place of a feature taken by an object', mapper('object mapping for [features_map.o] tried to parse field [null] as object, but found a concrete value'), create, 'grow'],
  ['the same in another object', mapper('object mapping for [source] tried to parse field [null] as object, but found a concrete value'), create, 'rejected'],
  ['bad value', mapper('failed to parse field [features.enriched.integer] of type [long]'), create, 'rejected'],
  ['term too long', item(400, 'illegal_argument_exception', 'Document contains at least one immense term'), merge, 'rejected'],
  ['script gone', item(400, 'illegal_argument_exception', 'failed to execute script', { type: 'resource_not_found_exception', reason: 'unable to find script [x] in cluster state' }), merge, 'script'],
  ['script broken', item(400, 'illegal_argument_exception', 'failed to execute script', { type: 'script_exception', reason: 'runtime error' }), merge, 'stop'],
  ['error without a type', { status: 400 }, create, 'rejected'],
]; // prettier-ignore

for (const [name, answer, target, kind] of TABLE) {
  test(`judges "${name}" as ${kind}`, () => assert.is(judgeItem(answer, target).kind, kind));
}

test('tells type, reason and cause of what it rejects', () => {
  const verdict = judgeItem(
    item(400, 'mapper_parsing_exception', 'failed to parse', { type: 'illegal_argument_exception', reason: 'empty name' }),
    create,
  );
  assert.equal(verdict, {
    kind: 'rejected',
    type: 'mapper_parsing_exception',
    reason: 'mapper_parsing_exception: failed to parse (illegal_argument_exception: empty name)',
  });
});

const OPTIONS = { scriptId: 's', maxContributions: 5 };
const linesOf = (...operations: readonly Operation<number>[]): unknown[] => Buffer.concat(bulkBody(operations, OPTIONS).pieces).toString().trimEnd().split('\n').map((line) => JSON.parse(line) as unknown); // prettier-ignore

test('writes a create as two lines, with routing where there is one', () => {
  const [target, body] = linesOf(createOperation(contender(0, {}, { n: 'ä\n\ud83d\ude00' }, 'a"\n', 'r'))) as [
    unknown,
    { n: string; fold: object },
  ];
  assert.equal(target, { create: { _index: 'i', _id: 'a"\n', routing: 'r' } });
  assert.equal(Object.keys(body), ['n', 'fold']);
  assert.is(body.n, 'ä\n\ud83d\ude00');
  assert.equal(linesOf(parent), [{ create: { _index: 'i', _id: 'p', routing: 'p' } }, { n: 1 }]);
});

test('writes texts of one batch and of others in the order of the operations', () => {
  const texts = new TextWriter(new ChunkPool());
  const [a, b, c] = ['a', 'b', 'c'].map((id) => createOperation(contender(0, {}, { n: `é${id}` }, id, undefined, texts)));
  const joined = operation('j');
  addContender(joined, contender(1, { recordKey: 'other', timestamp: 5_000n }, { n: 'é2' }, 'j'));
  const trimmed = { ...operation('t'), trimmedBody: '{"n":"trimmed"}' };
  const sources = linesOf(c!, a!, b!, joined, parent, trimmed).filter((_, line) => line % 2 === 1) as { n: string; fold?: { contributions: unknown[] } }[]; // prettier-ignore
  assert.equal(sources.map(({ n }) => n), ['éc', 'éa', 'éb', 'é2', 1, 'trimmed']); // prettier-ignore
  assert.equal(sources.map(({ fold }) => fold?.contributions.length), [1, 1, 1, 2, undefined, 1]); // prettier-ignore
});

test('sends the texts of a batch from where they are, and copies only what is short', () => {
  const texts = new TextWriter(new ChunkPool());
  const long = 'x'.repeat(30_000);
  const operations = Array.from({ length: 12 }, (_, n) =>
    createOperation(contender(0, {}, { n: `${n}${long}` }, `d${n}`, undefined, texts)),
  );
  // In the middle, behind six texts: five are left that stand one behind the other.
  operations.splice(6, 1, operation('short'));
  const { pieces, length } = bulkBody(operations, OPTIONS);
  const chunk = operations[0]!.best.text.bytes;
  assert.equal(pieces.map((piece) => piece.buffer === chunk.buffer), [true, false, true]); // prettier-ignore
  assert.is(length, pieces.reduce((sum, piece) => sum + piece.length, 0)); // prettier-ignore
  const whole = Buffer.concat(pieces).toString();
  assert.is(whole, operations.map((one) => one.best.text).map(({ bytes, start, end }) => bytes.toString('utf8', start, end)).join('')); // prettier-ignore
  const short = ['a', 'b', 'c'].map((id) => operation(id));
  assert.is(bulkBody(short, OPTIONS).pieces.length, 1);
  assert.equal(bulkBody([], OPTIONS), { pieces: [], length: 0 });
});

test('writes a merge as an update by the stored script, repeated on conflict, with the document made if it is gone', () => {
  const [target, request] = linesOf(merge) as [unknown, { script: { params: { body: object; fold: { contributions: unknown[] } } } }];
  assert.equal(target, { update: { _index: 'i', _id: 'a', retry_on_conflict: 8 } });
  const { body, fold, ...params } = request.script.params as Record<string, unknown>;
  assert.equal(body, { n: 'a' });
  assert.is((fold as { contributions: unknown[] }).contributions.length, 1);
  assert.equal({ ...request, script: { ...request.script, params } }, { _source: ['fold.owed'], scripted_upsert: true, upsert: {}, script: { id: 's', params: { max: 5 } } }); // prettier-ignore
});

test('names the merge script by its text', () => {
  assert.match(mergeScriptId, /^metafold-merge-[0-9a-f]{16}$/);
  assert.not.match(mergeScriptSource, /undefined|\$\{/);
});

test.run();
