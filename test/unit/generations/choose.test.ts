import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Docname } from '../../../projections/index-names.js';
import { MetafoldError } from '../../../src/errors.js';
import { activatable, droppable, readGeneration } from '../../../src/generations/choose.js';
import { FAMILIES } from '../../../src/generations/families.js';
import type { GenerationState } from '../../../src/generations/control-record.js';
import type { KnownGenerations } from '../../../src/generations/plan.js';

const test = suite('choice of a generation');

/** All families with these generations; the first one is active unless said otherwise. */
function known(states: Readonly<Record<number, GenerationState>>, actives: Partial<Record<Docname, number>> = {}) {
  const family = (docname: Docname): KnownGenerations => ({
    active: actives[docname] ?? 1,
    present: [1, 9],
    records: Object.entries(states).map(([number, state]) => ({ docname, generation: Number(number), state, created: '' })),
  });
  return new Map(FAMILIES.map((docname) => [docname, family(docname)]));
}

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return error instanceof MetafoldError ? `${error.code} ${error.message}` : String(error);
  }
  return 'taken';
}

test('takes a generation as a number, with a g, or by its partition name', () => {
  for (const text of ['2', 'g2', 'bench-g2']) assert.is(readGeneration('bench', text), 2, text);
  for (const text of ['1', 'g1', 'bench']) assert.is(readGeneration('bench', text), 1, text);
  for (const text of ['', '0', 'g', 'bench-g1', 'bench2', 'other-g2', '2x']) {
    assert.match(refusal(() => readGeneration('bench', text)), /^MF_USAGE /, text); // prettier-ignore
  }
});

test('activates what was once filled, the first one included, and nothing else', () => {
  const generations = known({ 2: 'complete', 3: 'filling', 4: 'dropping' });
  assert.equal(activatable(generations, FAMILIES, 1), FAMILIES);
  assert.equal(activatable(generations, ['status'], 2), ['status']);
  assert.match(refusal(() => activatable(generations, FAMILIES, 3)), /^MF_GENERATION .*not filled yet/); // prettier-ignore
  assert.match(refusal(() => activatable(generations, FAMILIES, 4)), /^MF_GENERATION .*dropped half-way/); // prettier-ignore
  assert.match(refusal(() => activatable(generations, FAMILIES, 9)), /^MF_GENERATION .*not known/); // prettier-ignore
  assert.match(refusal(() => activatable(generations, FAMILIES, 5)), /^MF_GENERATION there is no generation 5/); // prettier-ignore
});

test('drops whatever is not active, in whatever state', () => {
  const generations = known({ 2: 'complete', 3: 'filling', 4: 'dropping' }, { binary2: 2 });
  for (const generation of [3, 4, 9]) assert.equal(droppable(generations, FAMILIES, generation), FAMILIES);
  assert.match(refusal(() => droppable(generations, FAMILIES, 2)), /^MF_GENERATION .*active for binary2/); // prettier-ignore
  assert.match(refusal(() => droppable(generations, FAMILIES, 1)), /^MF_GENERATION .*active for status, plugin/); // prettier-ignore
  assert.equal(droppable(generations, ['status'], 2), ['status']);
  assert.equal(droppable(generations, ['binary2'], 1), ['binary2']);
});

test.run();
