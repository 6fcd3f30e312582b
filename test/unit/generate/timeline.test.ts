import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Publication } from '../../../src/generate/publication.js';
import { createRandom } from '../../../src/generate/random.js';
import { createTimeline } from '../../../src/generate/timeline.js';

const test = suite('timeline');

function named(topic: string): Publication {
  return { topic } as Publication;
}

test('gives out by time, and by the order of scheduling at one time', () => {
  const timeline = createTimeline();
  const random = createRandom(9);
  const expected: { at: number; order: number }[] = [];
  for (let order = 0; order < 500; order++) {
    const at = random.int(0, 99);
    expected.push({ at, order });
    timeline.schedule(at, named(`${at}/${order}`));
  }
  expected.sort((a, b) => a.at - b.at || a.order - b.order);
  const given = Array.from(timeline.takeUntil(Infinity), ({ topic }) => topic);
  assert.equal(
    given,
    expected.map(({ at, order }) => `${at}/${order}`),
  );
});

test('keeps back what is not due', () => {
  const timeline = createTimeline();
  for (const at of [5, 1, 3]) timeline.schedule(at, named(String(at)));
  assert.equal(
    Array.from(timeline.takeUntil(3), ({ topic }) => topic),
    ['1'],
  );
  assert.equal(
    Array.from(timeline.takeUntil(6), ({ topic }) => topic),
    ['3', '5'],
  );
  assert.equal([...timeline.takeUntil(Infinity)], []);
});

test.run();
