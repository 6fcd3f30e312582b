import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  activeRecord,
  ControlState,
  droppedRecord,
  generationRecord,
  type ControlRecord,
  type GenerationRecord,
} from '../../../src/generations/control-record.js';

const test = suite('control records');

const CREATED = '2026-03-01T00:00:00.000Z';
const filling: GenerationRecord = { docname: 'binary2', generation: 2, state: 'filling', created: CREATED };

function stateOf(...records: readonly ControlRecord[]): ControlState {
  const state = new ControlState('bench');
  for (const record of records) state.apply(record);
  return state;
}

test('spell keys and values so that the last record of a key says all of it', () => {
  assert.equal(activeRecord('bench', 'status', 2, CREATED), {
    key: 'active/bench/status',
    value: '{"generation":2,"time":"2026-03-01T00:00:00.000Z"}',
  });
  assert.equal(generationRecord('bench', filling), {
    key: 'generation/bench/binary2/2',
    value: '{"state":"filling","created":"2026-03-01T00:00:00.000Z"}',
  });
  assert.equal(droppedRecord('bench', 'binary2', 2), { key: 'generation/bench/binary2/2', value: null });
});

test('say which generation is active, of each docname by itself, the last record first', () => {
  const state = stateOf(
    activeRecord('bench', 'binary2', 2, CREATED),
    activeRecord('bench', 'status', 3, CREATED),
    activeRecord('bench', 'binary2', 4, CREATED),
  );
  assert.is(state.active('binary2'), 4);
  assert.is(state.active('status'), 3);
  assert.is(state.active('plugin'), undefined);
  state.apply({ key: 'active/bench/binary2', value: null });
  assert.is(state.active('binary2'), undefined);
});

test('say what is known of generations, by number, until they are dropped', () => {
  const third: GenerationRecord = { ...filling, generation: 3 };
  const state = stateOf(generationRecord('bench', third), generationRecord('bench', filling));
  assert.equal(state.generations('binary2'), [filling, third]);
  assert.equal(state.generations('status'), []);
  state.apply(generationRecord('bench', { ...filling, state: 'complete' }));
  state.apply(droppedRecord('bench', 'binary2', 3));
  assert.equal(state.generations('binary2'), [{ ...filling, state: 'complete' }]);
});

test('of other partitions, kinds and docnames are passed over', () => {
  const state = stateOf(
    activeRecord('bench2', 'binary2', 2, CREATED),
    { key: 'tables/bench/worker-1', value: '{"positions":[]}' },
    { key: 'active/bench/binary3', value: '{"generation":2}' },
    { key: 'active/bench/binary2/more', value: '{"generation":2}' },
    { key: 'generation/bench/binary2', value: 'nonsense' },
    { key: '', value: null },
  );
  assert.is(state.active('binary2'), undefined);
  assert.equal(state.generations('binary2'), []);
});

test('that make no sense are refused by their key', () => {
  const state = stateOf();
  for (const value of ['{"generation":0}', '{"generation":"2"}', 'null', '[]']) {
    assert.throws(() => state.apply({ key: 'active/bench/binary2', value }), /active\/bench\/binary2/, value);
  }
  for (const value of ['{}', `{"state":"empty","created":"${CREATED}"}`, '{"state":"filling"}']) {
    assert.throws(() => state.apply({ key: 'generation/bench/binary2/2', value }), /generation\/bench\/binary2\/2/, value);
  }
  assert.throws(() => state.apply({ key: 'generation/bench/binary2/x', value: `{"state":"filling","created":"${CREATED}"}` }), /expected/);
});

test.run();
