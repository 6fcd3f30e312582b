import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CheckpointKeeper } from '../../../../src/collections/owner/checkpoint.js';
import type { Checkpoint } from '../../../../src/collections/types.js';

const test = suite('collections: checkpoint');

/** A store with so many checkpoint keys, as the script of the real one treats them. */
function storeOf(keys: (Checkpoint | undefined)[]) {
  return {
    keys,
    checkpoints: () => Promise.resolve([...keys]),
    resetCheckpoint: (_: string, checkpoint: Checkpoint) => Promise.resolve(void keys.fill(checkpoint)),
    advanceCheckpoint: (_: string, checkpoint: Checkpoint, previous: number) => {
      let all = true;
      keys.forEach((key, at) => {
        if (key?.id === checkpoint.id && key.seq === previous) keys[at] = checkpoint;
        else all = false;
      });
      return Promise.resolve(all);
    },
  };
}

const keeperOf = (store: ReturnType<typeof storeOf>) => new CheckpointKeeper(store, 'self#1', 'task', () => undefined);
const at = (offset: number) => [{ topic: 't', partition: 0, offset }];
const checkpoint = (seq: number, offset: number, deletes = 0): Checkpoint => ({ id: 'task', seq, offsets: { 't/0': offset }, deletes });

test('finds nothing where there is none, where one is missing, and where it is another task that wrote it', async () => {
  assert.is(await keeperOf(storeOf([undefined])).load(), undefined);
  assert.is(await keeperOf(storeOf([checkpoint(1, 5), undefined])).load(), undefined);
  assert.is(await keeperOf(storeOf([{ ...checkpoint(1, 5), id: 'other' }])).load(), undefined);
});

test('goes on from the lowest of all, and makes them one', async () => {
  const store = storeOf([checkpoint(3, 9, 2), checkpoint(2, 5, 1)]);
  const keeper = keeperOf(store);
  const found = await keeper.load();
  assert.equal([...found!.offsets], [['t/0', 5]]);
  assert.is(found!.deletes, 1);
  assert.equal(store.keys, [checkpoint(4, 5, 1), checkpoint(4, 5, 1)]);
  assert.ok(await keeper.advance(at(7), 1));
});

test('leaves out partitions that one of them does not know', async () => {
  const one = { ...checkpoint(1, 5), offsets: { 't/0': 5, 't/1': 1 } };
  const found = await keeperOf(storeOf([checkpoint(1, 5), one])).load();
  assert.equal([...found!.offsets.keys()], ['t/0']);
});

test('advances one after the other, and writes nothing when nothing moved', async () => {
  const store = storeOf([undefined]);
  const keeper = keeperOf(store);
  await keeper.begin(at(0), 0);
  assert.ok(await keeper.advance(at(4), 0));
  const written = store.keys[0];
  assert.ok(await keeper.advance(at(4), 0));
  assert.is(store.keys[0], written);
  assert.ok(await keeper.advance(at(4), 1));
  assert.is(store.keys[0]!.seq, written!.seq + 1);
});

test('is refused after a loss, and sees it', async () => {
  const store = storeOf([undefined]);
  const keeper = keeperOf(store);
  await keeper.begin(at(0), 0);
  await keeper.advance(at(4), 0);
  const old = store.keys[0];
  await keeper.advance(at(6), 0);
  assert.ok(await keeper.isWhole());
  store.keys[0] = old;
  assert.not(await keeper.isWhole(), 'a snapshot was restored');
  store.keys[0] = undefined;
  assert.not(await keeper.isWhole(), 'all is gone');
  assert.not(await keeper.advance(at(8), 0));
});

test.run();
