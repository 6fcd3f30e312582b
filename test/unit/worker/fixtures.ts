/** Hand-made parts for a projection loop: consumers that are fed by the test, a judge that reads the record's value, a sink that the test answers. */
import pino from 'pino';
import type { DocumentWrite } from '../../../projections/types.js';
import type { DeadLetter } from '../../../streams/dead-letter.js';
import type { Poll, RawRecord, RecordConsumer } from '../../../streams/consumer.js';
import type { TopicPartition, TopicPartitionOffset } from '../../../streams/offsets.js';
import type { OpenSearchSink, SubmitResult } from '../../../src/sinks/opensearch-sink.js';
import type { DocumentOperation, Operation } from '../../../src/sinks/operations.js';
import type { Judge, Judgement } from '../../../src/worker/judge.js';
import { ProjectionLoop, type LoopDependencies, type LoopObserver } from '../../../src/worker/projection-loop.js';
import type { Retraction } from '../../../src/removal/retraction.js';
import { sumResults } from '../../../src/removal/tally.js';
import { Refusals, type RefusalsDependencies } from '../../../src/worker/refusals.js';
import { contribution } from '../sinks/fixtures.js';

const NO_RESULT = sumResults([]);

/** What a record asks for is its value: `write <id>`, `refuse`, `skip`, `schema` (unresolved at first), or null for a tombstone. */
export function record(offset: number, value: string | null, topic = 't'): RawRecord {
  return { topic, partition: 0, offset, key: `k${String(offset)}`, value: value === null ? null : Buffer.from(value) };
}

function write(id: string, { topic, partition, offset }: RawRecord): DocumentWrite {
  const claim = contribution({ topic, partition, offset, recordKey: `k${String(offset)}` });
  return { index: 'i', id, routing: id, body: { shows: offset }, contribution: claim };
}

function judgement(from: RawRecord): Judgement {
  const text = from.value?.toString();
  if (text === undefined) return { kind: 'tombstone' };
  const [word, id] = text.split(' ');
  const none = { writes: [], refusals: [], skips: [] };
  if (word === 'refuse') return { kind: 'folded', result: { ...none, refusals: [{ class: 'ValueError', reason: 'no', eventKey: 'e' }] } };
  if (word === 'skip')
    return { kind: 'folded', result: { ...none, skips: [{ reason: 'expired', author: { name: 'p', version: '1' }, eventKey: 'e' }] } };
  return { kind: 'folded', result: { ...none, writes: [write(id!, from)] } };
}

/** A judge whose answers for `schema` wait for `open`. */
export function createFakeJudge(): Judge & { open(): void } {
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  return {
    reads: () => true,
    judge: (from) => (from.value?.toString().startsWith('schema') ? { kind: 'unresolved', schemaId: 1 } : judgement(from)),
    resolve: (_unresolved, from) => gate.then(() => judgement(from)),
    open: () => open(),
  };
}

export interface FakeConsumer extends RecordConsumer {
  /** Records of the next poll. */
  feed(records: readonly RawRecord[], ends?: readonly TopicPartitionOffset[]): void;
  readonly commits: TopicPartitionOffset[][];
  /** Commits reject as long as this is set. */
  refusal: Error | undefined;
  assigned: TopicPartition[];
  polls: number;
  readonly paused: boolean;
}

export function createFakeConsumer(): FakeConsumer {
  const polls: Poll[] = [];
  let paused = false;
  const consumer: FakeConsumer = {
    feed: (records, ends = []) => void polls.push({ records, ends }),
    commits: [],
    refusal: undefined,
    assigned: [{ topic: 't', partition: 0 }],
    polls: 0,
    get paused() {
      return paused;
    },
    start: () => Promise.resolve(),
    poll: () => {
      consumer.polls++;
      return Promise.resolve((paused ? undefined : polls.shift()) ?? { records: [], ends: [] });
    },
    pause: () => void (paused = true),
    resume: () => void (paused = false),
    commit: (offsets) => {
      if (consumer.refusal) return Promise.reject(consumer.refusal);
      consumer.commits.push([...offsets]);
      return Promise.resolve();
    },
    assignment: () => consumer.assigned,
    rebalancing: false,
    close: () => Promise.resolve(),
  };
  return consumer;
}

type Answer = SubmitResult<RawRecord>;

/** One submission; the test ends it. */
export interface Submission {
  readonly operations: readonly Operation<RawRecord>[];
  readonly done: (answer?: Partial<Answer>) => void;
  readonly fail: (error: Error) => void;
}

export interface FakeSink {
  readonly submissions: Submission[];
  /** Answers every submission at once. */
  automatic: boolean;
  full: boolean;
  readonly makeRoom: () => void;
  readonly sink: OpenSearchSink<RawRecord>;
}

export function createFakeSink(): FakeSink {
  let wake: () => void = () => undefined;
  const fake = {
    submissions: [] as Submission[],
    automatic: false,
    full: false,
    makeRoom() {
      fake.full = false;
      wake();
    },
    sink: {
      get hasRoom() {
        return !fake.full;
      },
      room: () => (fake.full ? new Promise<void>((resolve) => (wake = resolve)) : Promise.resolve()),
      submit: (operations: readonly Operation<RawRecord>[]) =>
        new Promise<Answer>((resolve, reject) => {
          const done = (answer: Partial<Answer> = {}): void => resolve({ rejections: [], owed: [], conflicts: [], ...answer });
          fake.submissions.push({ operations, done, fail: reject });
          if (fake.automatic) done();
        }),
    } as unknown as OpenSearchSink<RawRecord>,
  };
  return fake;
}

export interface Fixture {
  readonly loop: ProjectionLoop;
  readonly consumers: readonly FakeConsumer[];
  readonly sink: FakeSink;
  readonly judge: ReturnType<typeof createFakeJudge>;
  readonly letters: DeadLetter[];
  readonly owed: DocumentOperation<RawRecord>[];
  readonly retractions: Retraction[];
  readonly seen: string[];
}

export function createFixture(
  changes: Partial<LoopDependencies> & Partial<Pick<RefusalsDependencies, 'park'>> = {},
  options: Partial<LoopDependencies['options']> = {},
  consumerCount = 1,
): Fixture {
  const consumers = Array.from({ length: consumerCount }, createFakeConsumer);
  const sink = createFakeSink();
  const judge = createFakeJudge();
  const letters: DeadLetter[] = [];
  const owed: DocumentOperation<RawRecord>[] = [];
  const retractions: Retraction[] = [];
  const seen: string[] = [];
  const observer: LoopObserver = {
    onRecords: (_projection, count) => void seen.push(`records ${String(count)}`),
    onTombstone: (topic) => void seen.push(`tombstone ${topic}`),
    onSkip: (_projection, { reason }) => void seen.push(`skip ${reason}`),
    onDuplicate: (_projection, plugin) => void seen.push(`duplicate ${plugin}`),
    onDurable: (_projection, operations) => void seen.push(`durable ${String(operations.length)}`),
    onParents: (count) => void seen.push(`parents ${String(count)}`),
    onCommit: () => void seen.push('commit'),
  };
  const onDeadLetter = (_projection: string, refusalClass: string): void => void seen.push(`letter ${refusalClass}`);
  const clock = (): bigint => 1_700_000_000_000_000n;
  const log = pino({ level: 'silent' });
  const { park = (list: readonly DeadLetter[]) => Promise.resolve(void letters.push(...list)), ...overrides } = changes;
  const loop = new ProjectionLoop({
    name: 'binary',
    generation: 'bench',
    consumers,
    judge,
    sink: sink.sink,
    parentOf: () => undefined,
    refusals: new Refusals({ projection: 'binary', generation: 'bench', park, onDeadLetter, clock, log }),
    forgetLetters: () => Promise.resolve(),
    removal: {
      settleOwed: (list) => Promise.resolve(void owed.push(...list)).then(() => NO_RESULT),
      retract: (list) => Promise.resolve(void retractions.push(...list)).then(() => NO_RESULT),
      judgeParents: () => Promise.resolve(),
    },
    news: undefined,
    clock,
    observer,
    log,
    options: { fetchRecords: 10, bulkBytes: 1_000_000, commitIntervalMs: 1, idleMs: 1, revokeTimeoutMs: 50, settleMs: 60_000, ...options },
    ...overrides,
  });
  return { loop, consumers, sink, judge, letters, owed, retractions, seen };
}
