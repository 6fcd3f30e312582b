import * as assert from 'uvu/assert';
import { createArena, type Arena } from '../helpers/arena.js';
import { integration } from '../helpers/integration.js';

const test = integration('verify');
let arena: Arena;

test.setup(async () => {
  arena = createArena();
  test.closing(() => arena.close());
  await arena.publish('history-plain', '--partitions', '3');
  await arena.fold();
});

test('finds nothing wrong with what a worker has folded', async () => {
  const outcome = await arena.run(['verify']);
  assert.match(outcome.stdout, /equal/);
});
