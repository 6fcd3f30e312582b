import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lagOf, OffsetMap } from '../../../streams/offsets.js';

const offsets = suite('offsets');

offsets('keeps the highest next offset of each partition', () => {
  const map = new OffsetMap();
  map.advance('t', 0, 5);
  map.advance('t', 0, 3);
  map.advance('t', 1, 1);
  map.advance('u', 0, 9);
  assert.equal(map.entries(), [
    { topic: 't', partition: 0, offset: 5 },
    { topic: 't', partition: 1, offset: 1 },
    { topic: 'u', partition: 0, offset: 9 },
  ]);
});

offsets('forgets partitions that were taken away and no others', () => {
  const map = new OffsetMap();
  map.advance('t', 0, 5);
  map.advance('t', 1, 6);
  map.drop([
    { topic: 't', partition: 0 },
    { topic: 'never-seen', partition: 0 },
  ]);
  assert.equal(map.entries(), [{ topic: 't', partition: 1, offset: 6 }]);
});

for (const [low, high, committed, lag] of [
  [0, 10, undefined, 10],
  [4, 10, undefined, 6],
  [4, 10, 2, 6],
  [0, 10, 10, 0],
  [0, 10, 11, 0],
  [7, 7, undefined, 0],
] as const) {
  offsets(`lag of ${low}..${high} with ${String(committed)} committed is ${lag}`, () => assert.is(lagOf(low, high, committed), lag));
}

offsets.run();
