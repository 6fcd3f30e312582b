/** The task topic on a real broker: names, versions and transitions among several instances (spec 07 §8, §13.5). */
import * as assert from 'uvu/assert';
import { openTaskStore, removeTask, startTask, stopTask, TASK_CODES } from '../../src/collections/tasks/index.js';
import type { TaskRecord, TaskStore } from '../../src/collections/types.js';
import { loadConfig } from '../../src/config/index.js';
import { createArena, type Arena } from '../helpers/arena.js';
import { taskRecord } from '../helpers/collection-task.js';
import { integration } from '../helpers/integration.js';

const test = integration('the task topic');

const problems: object[] = [];
const log = { warn: (problem: object) => void problems.push(problem), error: (problem: object) => void problems.push(problem) };

let arena: Arena;
const stores: TaskStore[] = [];

async function open(): Promise<TaskStore> {
  const { kafka } = await loadConfig(arena.environment, { need: ['kafka'] });
  const store = await openTaskStore({ kafka, log });
  test.closing(() => store.close());
  return store;
}

/** Creates a task that nobody else has. */
async function create(store: TaskStore, friendlyName: string): Promise<string> {
  const outcome = await store.create(taskRecord({ friendlyName }));
  assert.is(outcome.kind, 'created');
  return store.named('self', friendlyName)!.record.id;
}

test.setup(async () => {
  arena = createArena();
  test.closing(() => arena.close());
  // One after the other: the first makes the topic.
  for (let n = 0; n < 3; n++) stores.push(await open());
});

test('of parallel creates of one name exactly one succeeds', async () => {
  for (let round = 0; round < 5; round++) {
    const outcomes = await Promise.all(stores.map((store) => store.create(taskRecord({ friendlyName: `race-${round}` }))));
    const created = outcomes.flatMap((outcome) => (outcome.kind === 'created' ? [outcome.task.record.id] : []));
    assert.is(created.length, 1, JSON.stringify(outcomes));
    for (const outcome of outcomes) if (outcome.kind === 'taken') assert.is(outcome.by.record.id, created[0]);
    for (const store of stores) {
      await store.catchUp();
      assert.is(store.named('self', `race-${round}`)?.record.id, created[0]);
    }
  }
});

test('stop, start and remove stand for all instances', async () => {
  const [first, second] = stores as [TaskStore, TaskStore];
  const id = await create(first, 'life');
  const now = 5;
  await second.catchUp();
  assert.is((await stopTask(second, id, now)).code, TASK_CODES.notRunning, 'CREATED is not running');
  await first.change(id, (record) => ({ ...record, status: 'RUNNING' }));
  assert.is((await stopTask(first, id, now)).code, TASK_CODES.ok);
  await second.catchUp();
  assert.is((await stopTask(second, id, now)).code, TASK_CODES.notRunning);
  assert.is((await startTask(second, id, now)).code, TASK_CODES.ok);
  assert.is((await startTask(second, id, now)).code, TASK_CODES.cannotChange);
  assert.is((await removeTask(first, id, now)).code, TASK_CODES.ok);
  await second.catchUp();
  assert.is((await removeTask(second, id, now)).code, TASK_CODES.notFound);
  assert.is(second.named('self', 'life')?.record.sweep, true);
});

test('changes at the same time all stand once, also when others have built on them before their writer reads them back', async () => {
  const [first] = stores as [TaskStore];
  const id = await create(first, 'busy');
  for (const store of stores) await store.catchUp();
  const add = (letter: string) => (record: TaskRecord) => ({ ...record, description: record.description + letter });
  const rounds = 10;
  await Promise.all(
    stores.map(async (store, index) => {
      for (let round = 0; round < rounds; round++) {
        assert.is((await store.change(id, add('abc'[index]!))).kind, 'changed');
      }
    }),
  );
  const reopened = await open();
  const { description, rev } = reopened.get(id)!.record;
  assert.is(Array.from(description).sort().join(''), ['a', 'b', 'c'].map((letter) => letter.repeat(rounds)).join(''));
  assert.is(rev, 1 + description.length);
});

test('progress and rebuild requests are read back, and a forgotten task is gone', async () => {
  const [first, second] = stores as [TaskStore, TaskStore];
  const id = await create(first, 'shown');
  const counters = { received: 1, matched: 2, written: 3, notNewer: 4, expired: 5, futureSkipped: 6, late: 7, denied: 8, deleted: 9 };
  const progress = {
    lastDatetime: 9,
    error: ['x'],
    counters,
    owner: 'w',
    offsets: { 't/0': 4 },
    lag: 0,
    rebuilding: false,
    warning: '',
    watermark: 1_515_398_400_000,
  };
  await first.writeProgress(id, progress);
  const request = await second.requestRebuild(id);
  await first.catchUp();
  await second.catchUp();
  assert.equal(second.get(id)?.progress, progress);
  assert.is(first.rebuildRequest(id), request);
  await first.finishRebuild(id, 'another');
  assert.is(first.rebuildRequest(id), request);
  await first.finishRebuild(id, request);
  assert.is(first.rebuildRequest(id), undefined);
  await first.forget(id);
  await second.catchUp();
  assert.is(second.get(id), undefined);
  assert.equal(problems, []);
});
