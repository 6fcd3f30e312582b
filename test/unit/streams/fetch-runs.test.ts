import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRun, foundInRun, planRuns, runEnded } from '../../../streams/fetch-runs.js';

const runs = suite('runs of positions');
const at = (topic: string, partition: number, ...offsets: number[]) => offsets.map((offset) => ({ topic, partition, offset }));
const everything = { low: 0, high: 1_000 };

runs('joins near positions of a partition, whatever their order, each once', () => {
  assert.equal(planRuns(at('t', 0, 9, 3, 5, 3), 16), [[{ topic: 't', partition: 0, offsets: [3, 5, 9] }]]);
});

runs('seeks where the gap is wide', () => {
  assert.equal(
    planRuns(at('t', 0, 0, 128, 257), 16).map((group) => group.map(({ offsets }) => offsets)),
    [[[0, 128]], [[257]]],
  );
});

runs('reads partitions side by side, never two runs of one partition', () => {
  const groups = planRuns([...at('t', 0, 0, 500), ...at('t', 1, 7), ...at('u', 0, 8)], 2);
  assert.equal(
    groups.map((group) => group.map(({ topic, partition, offsets }) => `${topic}${String(partition)}@${String(offsets[0])}`)),
    [['t0@0', 't1@7'], ['u0@8'], ['t0@500']],
  );
});

runs('knows a record that is waited for from one that only stands between', () => {
  const run = createRun({ topic: 't', partition: 0, offsets: [3, 5] }, everything);
  assert.equal([3, 4, 5].map((offset) => foundInRun(run, offset)), [true, false, true]); // prettier-ignore
  assert.is(run.left, 0);
  assert.equal(run.gone, []);
});

runs('takes what was passed over, and what lies before the end, for compacted', () => {
  const run = createRun({ topic: 't', partition: 0, offsets: [3, 5, 7, 9] }, everything);
  assert.equal([4, 6, 7].map((offset) => foundInRun(run, offset)), [false, false, true]); // prettier-ignore
  runEnded(run);
  assert.is(run.left, 0);
  assert.equal(run.gone, [3, 5, 9].map((offset) => ({ offset, reason: 'compacted' }))); // prettier-ignore
});

runs('does not ask for what lies outside the partition', () => {
  const run = createRun({ topic: 't', partition: 0, offsets: [1, 2, 3, 4] }, { low: 2, high: 4 });
  assert.equal(run.offsets, [2, 3]);
  assert.equal(run.gone, [1, 4].map((offset) => ({ offset, reason: 'retention' }))); // prettier-ignore
  assert.is(createRun({ topic: 't', partition: 0, offsets: [1] }, undefined).left, 0);
});

runs.run();
