import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createAgain, type AgainOptions } from '../../../src/removal/again.js';

const again = suite('again');

function create(overrides: Partial<AgainOptions<string>> = {}) {
  const repeated: string[][] = [];
  const failures: unknown[] = [];
  const schedule = createAgain<string>({
    settleMs: 30,
    ping: () => Promise.resolve(),
    repeat: (items) => Promise.resolve(void repeated.push([...items])),
    onFailure: (error) => failures.push(error),
    tickMs: 10,
    promptMs: 60,
    ...overrides,
  });
  return { schedule, repeated, failures };
}

again('repeats each item once, together with those that are due with it', async () => {
  const { schedule, repeated } = create();
  schedule.add('a');
  schedule.add('b');
  assert.is(schedule.pending, 2);
  await schedule.drain();
  assert.equal(repeated, [['a', 'b']]);
  assert.is(schedule.pending, 0);
  schedule.add('c');
  await schedule.drain();
  assert.equal(repeated, [['a', 'b'], ['c']]);
});

again('does not count the time during which there is no answer', async () => {
  let answer: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (answer = resolve));
  const { schedule, repeated } = create({ ping: () => gate });
  schedule.add('a');
  await sleep(120);
  assert.equal(repeated, []);
  answer();
  await sleep(5);
  assert.equal(repeated, [], 'the wait begins with the answer');
  await schedule.drain();
  assert.equal(repeated, [['a']]);
});

again('holds an item as pending until its repetition has ended', async () => {
  let end: () => void = () => undefined;
  const { schedule } = create({ settleMs: 0, repeat: () => new Promise<void>((resolve) => (end = resolve)) });
  schedule.add('a');
  await sleep(40);
  assert.is(schedule.pending, 1);
  end();
  await schedule.drain();
  assert.is(schedule.pending, 0);
});

again('tells a failure, and whoever waits', async () => {
  const failure = new Error('no permissions');
  const { schedule, failures } = create({ repeat: () => Promise.reject(failure) });
  schedule.add('a');
  assert.is(await schedule.drain().then(() => 'done', (error: unknown) => error), failure); // prettier-ignore
  assert.equal(failures, [failure]);
});

again('forgets everything when it is closed', async () => {
  const { schedule, repeated, failures } = create();
  schedule.add('a');
  schedule.close();
  assert.is(schedule.pending, 0);
  await sleep(60);
  assert.equal(repeated, []);
  assert.equal(failures, []);
});

again.run();
