import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { aliasActions } from '../../../src/generations/swap.js';

const test = suite('alias actions');

const index = (name: string, generation: number, aliased: boolean) => ({ index: name, generation, aliased });

test('take the alias from every other generation and give it to all of the generation, in one list', () => {
  const indices = [index('o.1', 1, true), index('x.1', 1, true), index('o.2', 2, false), index('x.2', 2, false), index('o.3', 3, false)];
  assert.equal(aliasActions(indices, 2, 'a'), [
    { remove: { index: 'o.1', alias: 'a' } },
    { remove: { index: 'x.1', alias: 'a' } },
    { add: { index: 'o.2', alias: 'a' } },
    { add: { index: 'x.2', alias: 'a' } },
  ]);
});

test('are only what is left to do after a crash', () => {
  assert.equal(aliasActions([index('x.1', 1, false), index('x.2', 2, true), index('y.2', 2, false)], 2, 'a'), [
    { add: { index: 'y.2', alias: 'a' } },
  ]);
  assert.equal(aliasActions([index('x.1', 1, false), index('x.2', 2, true)], 2, 'a'), []);
  assert.equal(aliasActions([], 1, 'a'), []);
});

test.run();
