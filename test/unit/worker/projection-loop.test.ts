import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RawRecord } from '../../../streams/consumer.js';
import { sumResults } from '../../../src/removal/tally.js';
import type { DocumentOperation } from '../../../src/sinks/operations.js';
import type { LoopDependencies, ProjectionLoop } from '../../../src/worker/projection-loop.js';
import type { TableNews } from '../../../src/worker/table-news.js';
import { waitFor } from '../../helpers/wait-for.js';
import { contribution } from '../sinks/fixtures.js';
import { createFakeConsumer, createFixture, record, type FakeConsumer, type Fixture, type Submission } from './fixtures.js';

const test = suite('projection loop');

const until = (condition: () => unknown, what: string): Promise<unknown> => waitFor(condition, { timeoutMs: 5_000, what, intervalMs: 1 });
/** Time in which a wrong loop would have done something. */
const settle = (): Promise<void> => sleep(30);
const submitted = ({ sink }: Fixture, count: number): Promise<unknown> =>
  until(() => sink.submissions.length >= count, `${String(count)} submissions`);
const ids = ({ operations }: Submission): string[] => operations.map(({ kind, id }) => `${kind} ${id}`);
/** Last committed offset. */
const committed = ({ commits }: FakeConsumer): number | undefined => commits.at(-1)?.[0]?.offset;

/** Runs the loop for the length of a test and stops it, whatever the sink owes. */
async function running(fixture: Fixture, action: (consumer: FakeConsumer) => Promise<void>, untilIdle = false): Promise<void> {
  const run = fixture.loop.run({ untilIdle });
  try {
    await Promise.race([action(fixture.consumers[0]!), run]);
  } finally {
    fixture.sink.automatic = true;
    fixture.loop.stop();
    for (const { done } of fixture.sink.submissions) done();
    fixture.sink.makeRoom();
    fixture.judge.open();
    await run;
  }
}

test('commits only after everything is durable, and the next offset to read', async () => {
  const fixture = createFixture();
  await running(fixture, async (consumer) => {
    consumer.feed([record(5, 'write a'), record(6, 'write b')]);
    await submitted(fixture, 1);
    await settle();
    assert.equal(consumer.commits, []);
    fixture.sink.submissions[0]!.done();
    await until(() => consumer.commits.length > 0, 'a commit');
    assert.equal(consumer.commits, [[{ topic: 't', partition: 0, offset: 7 }]]);
  });
});

test('holds a commit back for its own epoch only: what is read meanwhile goes with the next one', async () => {
  const fixture = createFixture();
  await running(fixture, async (consumer) => {
    consumer.feed([record(0, 'write a')]);
    await submitted(fixture, 1);
    consumer.feed([record(1, 'write b')]);
    await submitted(fixture, 2);
    fixture.sink.submissions[1]!.done();
    await settle();
    assert.equal(consumer.commits, [], 'the second was committed before the first');
    fixture.sink.submissions[0]!.done();
    await until(() => committed(consumer) === 2, 'both commits');
    assert.ok(consumer.commits.every(([first]) => first!.offset <= 2));
  });
});

test('never commits past a record without a verdict', async () => {
  const fixture = createFixture();
  await running(fixture, async (consumer) => {
    fixture.sink.automatic = true;
    consumer.feed([record(0, 'skip'), record(1, 'schema a'), record(2, 'skip')]);
    await settle();
    await fixture.loop.drain();
    assert.is(committed(consumer), 1);
    fixture.judge.open();
    await until(() => committed(consumer) === 3, 'the commit of all');
  });
});

test('sends parents once an epoch, after their children are durable and before the commit', async () => {
  const parentOf = ({ index, routing }: Pick<DocumentOperation<RawRecord>, 'index' | 'routing'>) => ({
    kind: 'parent' as const,
    index,
    id: `p${routing!}`,
    routing: routing!,
    bodyJson: '{}',
  });
  const fixture = createFixture({ parentOf }, { commitIntervalMs: 20 });
  await running(fixture, async (consumer) => {
    consumer.feed([record(0, 'write a'), record(1, 'write b')]);
    await submitted(fixture, 1);
    await settle();
    assert.equal(fixture.sink.submissions.map(ids), [['document a', 'document b']]);
    fixture.sink.submissions[0]!.done();
    await submitted(fixture, 2);
    assert.equal(ids(fixture.sink.submissions[1]!), ['parent pa', 'parent pb']);
    await settle();
    assert.equal(consumer.commits, []);
    fixture.sink.submissions[1]!.done();
    await until(() => committed(consumer) === 2, 'the commit');
  });
});

test('a document that was refused gets no parent and has its letter before the commit', async () => {
  let parked: () => void = () => undefined;
  const fixture = createFixture({
    parentOf: ({ index, routing }) => ({ kind: 'parent', index, id: 'p', routing: routing!, bodyJson: '{}' }),
    park: () => new Promise<void>((resolve) => (parked = resolve)),
  });
  await running(fixture, async (consumer) => {
    consumer.feed([record(0, 'write a')]);
    await submitted(fixture, 1);
    const [operation] = fixture.sink.submissions[0]!.operations as [DocumentOperation<RawRecord>];
    fixture.sink.submissions[0]!.done({ rejections: [{ contender: operation.best, type: 'mapper_parsing_exception', reason: 'bad' }] });
    await until(() => fixture.seen.includes('letter mapper_parsing_exception'), 'the letter');
    await settle();
    assert.equal(consumer.commits, []);
    parked();
    await until(() => committed(consumer) === 1, 'the commit');
    assert.is(fixture.sink.submissions.length, 1);
  });
});

test('has all of its consumers join at once, and ends only when each has connected or failed to', async () => {
  const events: string[] = [];
  let connected: () => void = () => undefined;
  const slow = { ...createFakeConsumer(), start: () => new Promise<void>((resolve) => (connected = resolve)) };
  const failing = {
    ...createFakeConsumer(),
    start: () => {
      events.push('the other starts');
      return Promise.reject(new Error('no broker'));
    },
  };
  const { loop } = createFixture({ consumers: [slow, failing] });
  const run = loop.run({ untilIdle: false }).catch((error: unknown) => void events.push(String(error)));
  await settle();
  assert.equal(events, ['the other starts']);
  connected();
  await run;
  assert.equal(events, ['the other starts', 'Error: no broker']);
});

test('parks a refused record with its position and the keys of its events', async () => {
  const fixture = createFixture();
  await running(fixture, async (consumer) => {
    consumer.feed([record(4, 'refuse')]);
    await until(() => committed(consumer) === 5, 'the commit');
    const { value, timeMs, ...letter } = fixture.letters[0]!;
    assert.is(value?.toString(), 'refuse');
    assert.is(timeMs, 1_700_000_000_000);
    assert.equal(letter, { projection: 'binary', topic: 't', partition: 0, offset: 4, recordKey: 'k4', refusalClass: 'ValueError', reason: 'no', generation: 'bench', eventKeys: ['e'], insertKeys: [] }); // prettier-ignore
  });
});

/** Tables to which nothing comes, until `mark` says so. */
function newsOfNothing(): { mark: number } {
  const news = { isQuiet: true, waiting: false, mark: 0, start: () => Promise.resolve(), catchUp: () => Promise.resolve(), take: () => Promise.resolve({ offsets: [], mark: news.mark }), committed: () => undefined, wasChanged: () => false }; // prettier-ignore
  return news;
}

/** Documents with parents, of which those that are judged are noted. */
function judgingParents(judged: string[][], news: { readonly mark: number } = newsOfNothing()): Partial<LoopDependencies> {
  return {
    news: news as unknown as TableNews,
    parentOf: ({ index, routing }) => ({ kind: 'parent', index, id: `p${routing!}`, routing: routing!, bodyJson: '{}' }),
    removal: {
      settleOwed: () => Promise.resolve(sumResults([])),
      retract: () => Promise.resolve(sumResults([])),
      judgeParents: (list) => Promise.resolve(void judged.push(list.map(({ routing }) => routing!))),
    },
  };
}

function takeOver(loop: ProjectionLoop): Promise<void> {
  loop.takeOver([{ topic: 't', partition: 0 }]);
  return Promise.resolve();
}

test('judges the parents that it sent when deletes were applied since their epoch began, committed or not', async () => {
  const judged: string[][] = [];
  const news = newsOfNothing();
  const fixture = createFixture(judgingParents(judged, news), { commitIntervalMs: 100_000 });
  await running(fixture, async (consumer) => {
    consumer.feed([record(0, 'write a')]);
    await submitted(fixture, 1);
    const first = fixture.loop.drain();
    consumer.feed([record(1, 'write b')]);
    await submitted(fixture, 2);
    // What is applied now goes with the commit of the first epoch; the second has begun.
    news.mark = 1;
    fixture.sink.automatic = true;
    for (const { done } of fixture.sink.submissions) done();
    await first;
    await fixture.loop.drain();
    await until(() => committed(consumer) === 2, 'both commits');
    consumer.feed([record(2, 'write c')]);
    await submitted(fixture, 5);
    await fixture.loop.drain();
  });
  assert.equal(judged, [['a'], ['b']]);
});

test('judges the parents that it sent when partitions came or went and a removal may have been repeated since their epoch began', async () => {
  const cases = [
    { settleMs: 0, change: () => Promise.resolve(), judged: [] },
    { settleMs: 60_000, change: takeOver, judged: [] },
    { settleMs: 0, change: takeOver, judged: [['a']] },
    { settleMs: 0, change: (loop: ProjectionLoop) => loop.giveUp(0, [{ topic: 'u', partition: 1 }], true), judged: [['a']] },
  ];
  for (const { settleMs, change, judged } of cases) {
    const seen: string[][] = [];
    const fixture = createFixture(judgingParents(seen), { commitIntervalMs: 100_000, settleMs });
    await running(fixture, async (consumer) => {
      consumer.feed([record(0, 'write a')]);
      await submitted(fixture, 1);
      await change(fixture.loop);
      fixture.sink.automatic = true;
      fixture.sink.submissions[0]!.done();
      await fixture.loop.drain();
    });
    assert.equal(seen, judged);
  }
});

test('commits tombstones, skipped records and ends of partitions, which ask for nothing', async () => {
  const fixture = createFixture();
  await running(fixture, async (consumer) => {
    consumer.feed([record(0, null), record(1, 'skip')], [{ topic: 't', partition: 0, offset: 9 }]);
    await until(() => committed(consumer) === 9, 'the commit');
    assert.equal(fixture.seen, ['tombstone t', 'skip expired', 'records 2', 'commit']);
    assert.is(fixture.sink.submissions.length, 0);
    const gone = (offset: number, recordKey: string): boolean[] =>
      fixture.retractions.map(({ matches }) => matches(contribution({ topic: 't', partition: 0, offset, recordKey })));
    assert.equal([gone(0, 'k0'), gone(1, 'k1'), gone(1, 'k0'), gone(2, 'k1')], [[true, false], [false, true], [false, false], [false, false]]); // prettier-ignore
  });
});

test('settles documents that show a replaced body before the commit', async () => {
  let settled: () => void = () => undefined;
  const fixture = createFixture({
    removal: {
      settleOwed: () => new Promise<void>((resolve) => (settled = resolve)).then(() => sumResults([])),
      retract: () => Promise.resolve(sumResults([])),
      judgeParents: () => Promise.resolve(),
    },
  });
  await running(fixture, async (consumer) => {
    consumer.feed([record(0, 'write a')]);
    await submitted(fixture, 1);
    fixture.sink.submissions[0]!.done({ owed: fixture.sink.submissions[0]!.operations as DocumentOperation<RawRecord>[] });
    await settle();
    assert.equal(consumer.commits, []);
    settled();
    await until(() => committed(consumer) === 1, 'the commit');
  });
});

test('a failed commit goes with the next one', async () => {
  const fixture = createFixture();
  fixture.sink.automatic = true;
  await running(fixture, async (consumer) => {
    consumer.refusal = new Error('rebalance in progress');
    consumer.feed([record(0, 'write a')]);
    await submitted(fixture, 1);
    await settle();
    consumer.refusal = undefined;
    await until(() => committed(consumer) === 1, 'the commit');
    assert.ok(fixture.loop.isQuiet || (await until(() => fixture.loop.isQuiet, 'quiet')));
  });
});

test('commits nothing of a partition that is somebody else’s by now', async () => {
  const fixture = createFixture();
  await running(fixture, async (consumer) => {
    consumer.feed([record(0, 'write a'), record(0, 'write b', 'u')]);
    await submitted(fixture, 1);
    consumer.assigned = [{ topic: 'u', partition: 0 }];
    fixture.sink.submissions[0]!.done();
    await until(() => consumer.commits.length > 0, 'a commit');
    assert.equal(consumer.commits, [[{ topic: 'u', partition: 0, offset: 1 }]]);
  });
});

test('brings partitions that are taken away to a commit', async () => {
  const fixture = createFixture({}, { commitIntervalMs: 60_000 });
  await running(fixture, async (consumer) => {
    consumer.feed([record(0, 'write a')]);
    await submitted(fixture, 1);
    const given = fixture.loop.giveUp(0, consumer.assigned, false);
    fixture.sink.submissions[0]!.done();
    await given;
    assert.is(committed(consumer), 1);
  });
});

test('does not commit what is given up before what was read earlier', async () => {
  const fixture = createFixture({}, { revokeTimeoutMs: 5_000 });
  await running(fixture, async (consumer) => {
    consumer.feed([record(0, 'write a')]);
    await submitted(fixture, 1);
    await settle(); // its checkpoint is under way
    consumer.feed([record(1, 'skip')]);
    await until(() => fixture.seen.filter((one) => one === 'records 1').length === 2, 'the second poll');
    const given = fixture.loop.giveUp(0, consumer.assigned, false);
    await settle();
    assert.equal(consumer.commits, []);
    fixture.sink.submissions[0]!.done();
    await given;
    assert.is(committed(consumer), 2);
  });
});

test('leaves partitions uncommitted when they can’t be brought to a commit in time, or are lost', async () => {
  for (const lost of [false, true]) {
    const fixture = createFixture({}, { commitIntervalMs: 60_000 });
    await running(fixture, async (consumer) => {
      consumer.feed([record(0, 'write a'), record(0, 'write b', 'u')]);
      consumer.assigned.push({ topic: 'u', partition: 0 });
      await submitted(fixture, 1);
      await fixture.loop.giveUp(0, [{ topic: 't', partition: 0 }], lost);
      fixture.sink.submissions[0]!.done();
      await fixture.loop.drain();
      assert.equal(consumer.commits, [[{ topic: 'u', partition: 0, offset: 1 }]], lost ? 'lost' : 'late');
    });
  }
});

test('commits nothing past what has failed, and ends with the failure', async () => {
  const fixture = createFixture();
  const [consumer] = fixture.consumers as [FakeConsumer];
  const run = fixture.loop.run({ untilIdle: false }).then(() => 'ended', (error: unknown) => String(error)); // prettier-ignore
  consumer.feed([record(0, 'write a')]);
  await submitted(fixture, 1);
  consumer.feed([record(1, 'skip'), record(2, 'skip')]);
  await until(() => fixture.seen.includes('records 2'), 'the second poll');
  fixture.sink.submissions[0]!.fail(new Error('not allowed'));
  assert.is(await run, 'Error: not allowed');
  // As when the consumer is closed: its partitions are taken away.
  await fixture.loop.giveUp(0, consumer.assigned, false);
  assert.equal(consumer.commits, []);
});

test('pauses while the sink has no room, and goes on polling so that it stays in the group', async () => {
  const fixture = createFixture();
  await running(fixture, async (consumer) => {
    fixture.sink.full = true;
    await until(() => consumer.paused, 'the pause');
    const polls = consumer.polls;
    await until(() => consumer.polls > polls, 'a poll during the pause');
    consumer.feed([record(0, 'write a')]);
    await settle();
    assert.is(fixture.sink.submissions.length, 0);
    fixture.sink.makeRoom();
    await until(() => !consumer.paused, 'the end of the pause');
    await submitted(fixture, 1);
  });
});

test('merges the contributions of a poll before it sends them', async () => {
  const fixture = createFixture();
  await running(fixture, async (consumer) => {
    consumer.feed([record(0, 'write a'), record(1, 'write a'), record(2, 'write b')]);
    await submitted(fixture, 1);
    const operations = fixture.sink.submissions[0]!.operations as readonly DocumentOperation<RawRecord>[];
    assert.equal(operations.map(({ id, contenders }) => `${id} ${String(contenders.length)}`), ['a 2', 'b 1']); // prettier-ignore
  });
});

test('polls expedited records before the others', async () => {
  const fixture = createFixture({}, {}, 2);
  const [expedited, others] = fixture.consumers as [FakeConsumer, FakeConsumer];
  others.feed([record(0, 'write later')]);
  expedited.feed([record(0, 'write first', 'x')]);
  expedited.assigned = [{ topic: 'x', partition: 0 }];
  await running(fixture, async () => {
    await submitted(fixture, 1);
    assert.equal(ids(fixture.sink.submissions[0]!), ['document first', 'document later']);
    fixture.sink.submissions[0]!.done();
    await until(() => expedited.commits.length > 0 && others.commits.length > 0, 'both commits');
  });
});

test('is quiet only when everything is committed', async () => {
  const fixture = createFixture();
  assert.ok(fixture.loop.isQuiet);
  await running(fixture, async (consumer) => {
    consumer.feed([record(0, 'write a')]);
    await submitted(fixture, 1);
    assert.not(fixture.loop.isQuiet);
    fixture.sink.submissions[0]!.done();
    await until(() => fixture.loop.isQuiet, 'quiet');
    assert.is(committed(consumer), 1);
  });
});

test('with untilIdle commits once there is nothing to read, without it at the interval', async () => {
  for (const untilIdle of [true, false]) {
    const fixture = createFixture({}, { commitIntervalMs: 3_600_000 });
    fixture.sink.automatic = true;
    await running(
      fixture,
      async (consumer) => {
        consumer.feed([record(0, 'write a')]);
        await submitted(fixture, 1);
        await sleep(600);
        assert.equal(committed(consumer), untilIdle ? 1 : undefined);
        assert.is(consumer.commits.length, untilIdle ? 1 : 0, 'nothing is left to commit again');
      },
      untilIdle,
    );
  }
});

test('with untilIdle repeats a commit that fails, but not with each poll', async () => {
  const fixture = createFixture({}, { commitIntervalMs: 3_600_000 });
  fixture.sink.automatic = true;
  await running(
    fixture,
    async (consumer) => {
      const attempts: number[] = [];
      consumer.commit = () => {
        attempts.push(performance.now());
        return Promise.reject(new Error('rebalance in progress'));
      };
      consumer.feed([record(0, 'write a')]);
      await until(() => attempts.length >= 2, 'a second attempt');
      const ms = attempts[1]! - attempts[0]!;
      assert.ok(ms >= 120, `again after ${ms.toFixed(0)} ms`);
    },
    true,
  );
});

test.run();
