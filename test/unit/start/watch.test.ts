import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { LogState } from '../../../src/start/log-state.js';
import type { WorkerMetrics } from '../../../src/start/metrics-text.js';
import { createWatch, rateOf, type WatchSources } from '../../../src/start/watch.js';

const test = suite('watch of a fold');

function log(events: number, folded: number): LogState {
  return { events, folded, lag: new Map([['binary', events - folded]]) };
}

function metrics(eventsRead: number, outageSeconds = 0): WorkerMetrics {
  return { eventsRead, rejected: 1, outageSeconds };
}

/** Sources that give one sample after the other, the last one again and again. */
function sources(
  samples: readonly { log: LogState | Error; metrics: WorkerMetrics | undefined; alive?: readonly string[] }[],
): WatchSources & { taken(): number } {
  let taken = 0;
  let current = samples[0]!;
  return {
    taken: () => taken,
    aliveServices() {
      current = samples[Math.min(taken++, samples.length - 1)]!;
      return current.alive ?? ['kafka', 'opensearch'];
    },
    readLog: () => (current.log instanceof Error ? Promise.reject(current.log) : Promise.resolve(current.log)),
    readMetrics: () => Promise.resolve(current.metrics),
    countDocuments: () => Promise.resolve(7),
    api: 'http://127.0.0.1:1/api',
  };
}

const FAST = { sampleMs: 4 };
const NEVER = new AbortController().signal;
const untilFolded = (): Promise<boolean> => Promise.resolve(true);

test('ends when the worker is up and nothing is left to fold, and not before', async () => {
  const given = sources([
    { log: log(10, 10), metrics: undefined },
    { log: log(10, 4), metrics: metrics(2) },
    { log: log(10, 10), metrics: metrics(6) },
  ]);
  const watch = createWatch(given, FAST);
  await watch.run(NEVER, untilFolded);
  assert.is(given.taken(), 3);
  const { read, events, isIdle, documents, rejected } = watch.view();
  assert.equal([read, events, isIdle, documents, rejected], [10, 10, true, 7, 1]);
});

test('counts what was folded before, and no event twice', async () => {
  const views: number[] = [];
  const given = sources([
    { log: log(10, 3), metrics: metrics(0) },
    { log: log(10, 3), metrics: metrics(4) },
    { log: log(10, 3), metrics: metrics(400) },
    { log: log(10, 10), metrics: metrics(400) },
  ]);
  const watch = createWatch(
    {
      ...given,
      async readMetrics() {
        views.push(watch.view().read);
        return given.readMetrics();
      },
    },
    FAST,
  );
  await watch.run(NEVER, untilFolded);
  assert.equal(views, [0, 3, 7, 10]);
});

test('goes on after the fold when it is told so, and asks only once', async () => {
  const controller = new AbortController();
  let asked = 0;
  const given = sources([{ log: log(5, 5), metrics: metrics(5) }]);
  const watch = createWatch(
    {
      ...given,
      aliveServices() {
        if (given.taken() === 2) controller.abort();
        return given.aliveServices();
      },
    },
    FAST,
  );
  await watch.run(controller.signal, () => {
    asked++;
    return Promise.resolve(false);
  });
  assert.is(asked, 1);
});

test('goes on while Kafka does not answer, and says so', async () => {
  const problems: (readonly string[])[] = [];
  const given = sources([
    { log: new Error('timed out'), metrics: metrics(0, 12) },
    { log: log(1, 0), metrics: metrics(1), alive: ['opensearch'] },
    { log: log(1, 1), metrics: metrics(1) },
  ]);
  const watch = createWatch(
    {
      ...given,
      aliveServices() {
        problems.push(watch.view().problems);
        return given.aliveServices();
      },
    },
    FAST,
  );
  await watch.run(NEVER, untilFolded);
  assert.equal(problems[1], ['Kafka does not answer (timed out)', 'OpenSearch takes no documents since 12 s']);
  assert.equal(problems[2], ['kafka is down: "metafold stack up" starts it again']);
  assert.equal(watch.view().problems, []);
});

test('ends with an error when somebody else has ended the stack', async () => {
  const watch = createWatch(sources([{ log: log(1, 0), metrics: undefined, alive: [] }]), FAST);
  let message = '';
  await watch.run(NEVER, untilFolded).catch((error: unknown) => (message = (error as Error).message));
  assert.match(message, /ended by somebody else/);
});

test('ends at once on a signal, even while a server keeps it waiting', async () => {
  const controller = new AbortController();
  const given = sources([{ log: log(1, 0), metrics: undefined }]);
  const watch = createWatch({ ...given, readLog: () => new Promise(() => undefined) }, FAST);
  setTimeout(() => controller.abort(), 10);
  await watch.run(controller.signal, untilFolded);
  assert.is(given.taken(), 1);
});

test('computes the rate over the samples that it has', () => {
  assert.is(rateOf([]), 0);
  assert.is(rateOf([{ at: 1000, read: 5 }]), 0);
  assert.is(
    rateOf([
      { at: 1000, read: 100 },
      { at: 2000, read: 300 },
      { at: 3000, read: 1100 },
    ]),
    500,
  );
});

test.run();
