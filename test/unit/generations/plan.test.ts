import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Docname } from '../../../projections/index-names.js';
import type { GenerationState } from '../../../src/generations/control-record.js';
import { FAMILIES } from '../../../src/generations/families.js';
import { planRebuild, type KnownGenerations } from '../../../src/generations/plan.js';

const test = suite('plan of a rebuild');

type States = Readonly<Record<number, GenerationState>>;

function known(docname: Docname, states: States = {}, active = 1, present: readonly number[] = [1]): KnownGenerations {
  const records = Object.entries(states).map(([number, state]) => ({ docname, generation: Number(number), state, created: '' }));
  return { active, present, records };
}

/** Steps as `docname generation step`. */
function plan(wanted: readonly Docname[], given: Partial<Record<Docname, KnownGenerations>>): string[] {
  const steps = planRebuild(wanted, FAMILIES, (docname) => given[docname] ?? known(docname));
  return steps.map(({ docname, generation, step }) => `${docname} ${generation} ${step}`);
}

test('begins generations of one number, greater than any of any family', () => {
  assert.equal(plan(['binary2', 'status'], {}), ['binary2 2 begin', 'status 2 begin']);
  const complete = known('plugin', { 4: 'complete' });
  assert.equal(plan(['binary2', 'status'], { plugin: complete }), ['binary2 5 begin', 'status 5 begin']);
  assert.equal(plan(['binary2'], { binary2: known('binary2', {}, 1, [1, 7]) }), ['binary2 8 begin']);
  assert.equal(plan(['binary2'], { binary2: known('binary2', { 3: 'dropping' }) }), ['binary2 4 begin']);
});

test('goes on with what is not finished, whoever began it', () => {
  const unfinished = known('binary2', { 2: 'filling' });
  assert.equal(plan(['binary2'], { binary2: unfinished }), ['binary2 2 resume']);
  assert.equal(plan(['binary2', 'status'], { binary2: unfinished }), ['binary2 2 resume', 'status 2 begin']);
  assert.equal(plan(['status'], { binary2: unfinished }), ['status 3 begin']);
});

test('takes no number twice for a family that joins an unfinished run', () => {
  const given = { binary2: known('binary2', { 2: 'filling' }), status: known('status', { 3: 'complete' }, 3) };
  assert.equal(plan(['binary2', 'status'], given), ['binary2 2 resume', 'status 4 begin']);
});

test('finishes a run that died in its end, and repeats nothing of it', () => {
  const given = {
    binary2: known('binary2', { 2: 'complete' }, 2, [1, 2]),
    status: known('status', { 2: 'filling' }, 2, [1, 2]),
    plugin: known('plugin', { 2: 'filling' }, 1, [1, 2]),
  };
  assert.equal(plan(FAMILIES, given), ['binary2 2 done', 'status 2 finish', 'plugin 2 resume']);
});

test('begins anew when the last run was finished', () => {
  const given = { binary2: known('binary2', { 2: 'complete' }, 2, [1, 2]) };
  assert.equal(plan(['binary2'], given), ['binary2 3 begin']);
});

test.run();
