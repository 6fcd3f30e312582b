import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { statusBlock, statusLine, type StatusView } from '../../../src/start/status-text.js';

const test = suite('status text');

const VIEW: StatusView = {
  read: 1234,
  events: 5700,
  isIdle: false,
  rate: 812.4,
  lag: new Map([
    ['binary', 4400],
    ['status', 66],
  ]),
  documents: 9001,
  rejected: 2,
  seconds: 75.9,
  api: 'http://127.0.0.1:1/api',
  problems: [],
};

test('fills three lines of a wide terminal', () => {
  assert.equal(statusBlock(VIEW, 120), [
    '1,234 of 5,700 events read   812 events/s   9,001 documents   2 rejected   01:15',
    'lag   binary 4,400   status 66',
    'API   http://127.0.0.1:1/api',
  ]);
});

test('never reaches the last column, however narrow the terminal is', () => {
  const view = { ...VIEW, problems: ['kafka is down: "metafold stack up" starts it again'] };
  for (const columns of [79, 60, 40, 27, 12, 5, 1]) {
    for (const line of statusBlock(view, columns)) assert.ok(line.length <= Math.max(1, columns - 1), `${String(columns)}: ${line}`);
  }
  assert.equal(statusBlock(VIEW, 40).length, 5);
});

test('says that all is folded', () => {
  assert.match(statusBlock({ ...VIEW, read: 5700, isIdle: true, rate: 0 }, 120)[0]!, /^5,700 events folded {3}0 events\/s/);
});

test('is one line for a log, problems included', () => {
  assert.is(
    statusLine({ ...VIEW, seconds: 7265, problems: ['opensearch is down'] }),
    '1,234 of 5,700 events read, 812 events/s, 9,001 documents, 2 rejected, 2:01:05, lag binary 4,400 status 66, API http://127.0.0.1:1/api, opensearch is down',
  );
});

test.run();
