/** Repair makes the documents of a whole history, deletes, inserts and tombstones in it, out of nothing but the log. */
import * as assert from 'uvu/assert';
import { createArena, type Arena } from '../helpers/arena.js';
import { differences, expectedDocuments } from '../helpers/history.js';
import { integration } from '../helpers/integration.js';
import { compared, hits, remove, told } from '../helpers/spoil.js';

const test = integration('repair of a whole history');
let arena: Arena;

test.setup(async () => {
  arena = createArena();
  test.closing(() => arena.close());
  await arena.publish('history-full', '--partitions', '3');
});

test('from nothing', async () => {
  const expected = expectedDocuments('history-full', arena.partition);
  const found = await compared(arena, ['verify', '--limit', '100000'], 4);
  assert.is(found.missing, expected.size);
  const mended = await compared(arena, ['repair', '--apply']);
  assert.equal([mended.mended, mended.failed], [expected.size, 0]);
  assert.equal(differences(await arena.documents(), expected), []);
});

test('then verify finds nothing', async () => {
  assert.equal(told(await compared(arena, ['verify'])), []);
});

test('and an index that is lost comes back whole', async () => {
  const [first] = await hits(arena, 'binary2.*');
  const lost = (await hits(arena, 'binary2.*')).filter(({ _index }) => _index === first!._index);
  for (const hit of lost) await remove(hit);
  assert.is((await compared(arena, ['repair', 'binary', '--apply'])).mended, lost.length);
  assert.equal(differences(await arena.documents(), expectedDocuments('history-full', arena.partition)), []);
});
