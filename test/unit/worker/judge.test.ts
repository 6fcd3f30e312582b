import pino from 'pino';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { projections, type Projection } from '../../../projections/index.js';
import { DeleteTable } from '../../../projections/removal/delete-table.js';
import { NO_TABLES, type Tables } from '../../../projections/removal/tables.js';
import type { Decoder } from '../../../streams/decode.js';
import { createDecoder } from '../../../streams/decode.js';
import { encodeEvent } from '../../../streams/encode.js';
import type { RawRecord } from '../../../streams/consumer.js';
import { createJudge, type Judge, type Judged } from '../../../src/worker/judge.js';
import { binaryEvent } from '../projections/binary/events.js';
import { deletes } from '../projections/removal/events.js';
import { NOW, SETTINGS } from '../projections/support.js';

const test = suite('judge');
const binary = projections.find(({ name }) => name === 'binary')!;
const topic = 'azul.qa01.s2.binary.sourced';

function judgeWith(
  decoder: Decoder = createDecoder(),
  projection: Projection = binary,
  signal = new AbortController().signal,
  tables: Tables = NO_TABLES,
): Judge {
  return createJudge({ projection, settings: SETTINGS, decoder, tables, log: pino({ level: 'silent' }), signal });
}

const record = (value: Buffer | null, from = topic): RawRecord => ({ topic: from, partition: 2, offset: 7, key: Buffer.from('rk'), value });
const bytes = (changes: Parameters<typeof binaryEvent>[0] = {}): Buffer => encodeEvent('binary', binaryEvent(changes));

function judged(value: Buffer | null): Judged['result'] {
  const judgement = judgeWith().judge(record(value), NOW);
  if (judgement.kind !== 'folded') throw new Error(judgement.kind);
  return judgement.result;
}

test('folds a record to its writes, with its position and its own key', () => {
  const { writes, refusals } = judged(bytes());
  assert.equal(refusals, []);
  const { topic: from, partition, offset, recordKey, eventKey } = writes[0]!.contribution;
  assert.equal([from, partition, offset, recordKey, eventKey], [topic, 2, 7, 'rk', 'key']);
});

test('takes null and nothing for a tombstone', () => {
  for (const value of [null, Buffer.alloc(0)]) assert.is(judgeWith().judge(record(value), NOW).kind, 'tombstone');
});

test('refuses bytes that are no event, under the record’s key', () => {
  const [refusal] = judged(Buffer.from('nothing')).refusals;
  assert.equal([refusal?.class, refusal?.eventKey], ['Malformed', 'rk']);
});

test('refuses what the model does not allow, and what the fold refuses', () => {
  assert.is(judged(bytes({ event: { action: 'invented' } })).refusals[0]?.class, 'ValidationError');
  assert.is(judged(bytes({ source: { name: 'nowhere' } })).refusals[0]?.class, 'BadSourceException');
});

test('skips a binary without a key; it is not refused', () => {
  const { refusals, skips } = judged(bytes({ event: { kafka_key: '' } }));
  assert.equal(refusals, []);
  assert.equal(skips.map(({ reason }) => reason), ['no-key']); // prettier-ignore
});

test('skips what a delete covers as soon as the delete is known', () => {
  const table = new DeleteTable();
  const judge = judgeWith(createDecoder(), binary, undefined, { ...NO_TABLES, deletes: table });
  const kinds = (): unknown => {
    const judgement = judge.judge(record(bytes()), NOW);
    return judgement.kind === 'folded' && [judgement.result.writes.length, judgement.result.skips.map(({ reason, by }) => [reason, by])];
  };
  assert.equal(kinds(), [1, []]);
  table.add('d', deletes.ids('key'));
  assert.equal(kinds(), [0, [['deleted', 'd']]]);
});

test('refuses a record on which a fold fails, and goes on', () => {
  const failing: Projection = { ...binary, reads: binary.reads.map((reading) => ({ ...reading, fold: () => { throw new RangeError('a bug'); } })) }; // prettier-ignore
  const judgement = judgeWith(createDecoder(), failing).judge(record(bytes()), NOW);
  assert.equal(judgement.kind === 'folded' && judgement.result.refusals, [
    { class: 'InternalError', reason: 'RangeError: a bug', eventKey: 'rk' },
  ]);
});

test('throws for a topic that the projection does not read', () => {
  assert.throws(() => judgeWith().judge(record(bytes(), 'azul.qa01.system.plugin'), NOW), /does not read/);
});

test('resolves a framed record once the registry knows its schema, and asks again while it does not answer', async () => {
  const real = createDecoder();
  let asked = 0;
  let known = false;
  const decoder: Decoder = {
    decode: (form, value) => (known ? real.decode(form, value) : { kind: 'unresolved', schemaId: 9 }),
    resolve: (schemaId) => {
      asked++;
      assert.is(schemaId, 9);
      if (asked === 1) return Promise.reject(new Error('registry is away'));
      known = true;
      return Promise.resolve();
    },
  };
  const judge = judgeWith(decoder);
  const first = judge.judge(record(bytes()), NOW);
  if (first.kind !== 'unresolved') throw new Error(first.kind);
  const judgement = await judge.resolve(first, record(bytes()), NOW);
  assert.is(judgement.kind === 'folded' && judgement.result.writes.length, 1);
  assert.is(asked, 2);
});

test('gives the registry up when the worker is stopped', async () => {
  const controller = new AbortController();
  const decoder: Decoder = { decode: () => ({ kind: 'unresolved', schemaId: 9 }), resolve: () => { controller.abort(); return Promise.reject(new Error('away')); } }; // prettier-ignore
  const work = judgeWith(decoder, binary, controller.signal).resolve({ kind: 'unresolved', schemaId: 9 }, record(bytes()), NOW);
  assert.is(await work.then(() => 'resolved', (error: unknown) => (error as Error).name), 'AbortError'); // prettier-ignore
});

test.run();
