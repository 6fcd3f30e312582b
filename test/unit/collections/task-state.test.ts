/** What readers of the task topic come to, whatever compaction has left of it (spec 07 §8 "Persistence"). */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TaskState, type TopicRecord } from '../../../src/collections/tasks/state.js';
import type { TaskRecord } from '../../../src/collections/types.js';
import { taskRecord } from '../../helpers/collection-task.js';

const test = suite('the state of the task topic');

const put = (record: TaskRecord, offset: number): TopicRecord => ({ key: record.id, value: JSON.stringify(record), offset });

function stateOf(log: readonly TopicRecord[]): TaskState {
  const state = new TaskState();
  for (const record of log) state.apply(record);
  return state;
}

test('of several live tasks of one name the first is there', () => {
  const [a, b] = [taskRecord({ id: 'a' }), taskRecord({ id: 'b' })];
  const state = stateOf([put(a, 0), put(b, 1)]);
  assert.equal(
    state.tasks().map(({ record }) => record.id),
    ['a'],
  );
  assert.is(state.get('b'), undefined);
  assert.is(state.named('self', 'seen')?.record.id, 'a');
});

test('the first version decides, although later ones of it stand behind the other', () => {
  const [a, b] = [taskRecord({ id: 'a' }), taskRecord({ id: 'b' })];
  const later = { ...a, rev: 2, first: 0 };
  const state = stateOf([put(b, 1), put(later, 2)]);
  assert.is(state.named('self', 'seen')?.record.id, 'a');
});

test('the same name in another domain is another name', () => {
  const state = stateOf([put(taskRecord({ id: 'a' }), 0), put(taskRecord({ id: 'b', domain: 'other' }), 1)]);
  assert.is(state.tasks().length, 2);
});

test('a version that is not newer than the one before it is ignored', () => {
  const a = taskRecord({ id: 'a' });
  const state = stateOf([put(a, 0), put({ ...a, rev: 2, status: 'STOPPED' }, 1), put({ ...a, rev: 2, status: 'RUNNING' }, 2)]);
  assert.is(state.get('a')?.record.status, 'STOPPED');
});

test('a removed task holds its name until its keys are swept, a tombstone forgets it', () => {
  const a = taskRecord({ id: 'a', status: 'REMOVED', sweep: true });
  const swept = { ...a, rev: 2, sweep: false };
  assert.is(stateOf([put(a, 0)]).named('self', 'seen')?.record.id, 'a');
  assert.is(stateOf([put(a, 0), put(swept, 1)]).named('self', 'seen'), undefined);
  assert.is(stateOf([put(a, 0), put(swept, 1)]).tasks().length, 1);
  assert.is(stateOf([put(a, 0), { key: 'a', value: null, offset: 2 }]).tasks().length, 0);
});

test('a loser is there once the winner is gone', () => {
  const log = [put(taskRecord({ id: 'a' }), 0), put(taskRecord({ id: 'b' }), 1), { key: 'a', value: null, offset: 2 }];
  assert.is(stateOf(log).named('self', 'seen')?.record.id, 'b');
});

test('a request for a rebuild stands until it is taken away', () => {
  const state = stateOf([{ key: 'a/rebuild', value: '{"request":"r1","at":5}', offset: 0 }]);
  assert.is(state.rebuildRequest('a'), 'r1');
  state.apply({ key: 'a/rebuild', value: null, offset: 1 });
  assert.is(state.rebuildRequest('a'), undefined);
});

test('a record that is none names what is wrong and changes nothing', () => {
  const state = stateOf([put(taskRecord({ id: 'a' }), 0)]);
  const broken: readonly (readonly [TopicRecord, RegExp])[] = [
    [{ key: 'a', value: '{', offset: 1 }, /JSON/],
    [{ key: 'a', value: '{"v":2}', offset: 1 }, /v: 2, expected 1/],
    [put(taskRecord({ id: 'a', rev: 1.5 }), 1), /rev: 1.5, expected a whole number/],
    [{ ...put(taskRecord({ id: 'a', rev: 2 }), 1), key: 'b' }, /id: "a", expected the record's key "b"/],
    [{ key: 'a/else', value: '{}', offset: 1 }, /key: "a\/else", expected/],
  ];
  for (const [record, message] of broken) assert.throws(() => state.apply(record), message);
  assert.is(state.get('a')?.record.rev, 1);
});

/** Versions of a few tasks of few names, as careful writers leave them: each carries the first offset, only the first of a revision is written twice. */
const histories = fc.array(fc.record({ id: fc.constantFrom('a', 'b', 'c'), name: fc.constantFrom('x', 'y'), remove: fc.boolean() }), {
  maxLength: 12,
});

test('any compaction that keeps the latest record of each key comes to the same', () => {
  fc.assert(
    fc.property(histories, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (steps, kept) => {
      const log: TopicRecord[] = [];
      const latest = new Map<string, TaskRecord>();
      for (const [offset, { id, name, remove }] of steps.entries()) {
        const known = latest.get(id);
        const next: TaskRecord =
          known === undefined
            ? taskRecord({ id, friendlyName: name, created: offset })
            : {
                ...known,
                rev: known.rev + 1,
                first: known.first ?? log.findIndex(({ key }) => key === id),
                status: remove ? 'REMOVED' : 'RUNNING',
              };
        latest.set(id, next);
        log.push(put(next, offset));
      }
      const last = new Map(log.map((record, index) => [record.key, index]));
      const compacted = log.filter((record, index) => kept[index] === true || last.get(record.key) === index);
      assert.equal(stateOf(compacted).tasks(), stateOf(log).tasks());
    }),
    { numRuns: 2_000 },
  );
});

test.run();
