import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readTopicEnds, summariseLag, totalLag } from '../../../src/start/log-state.js';
import type { PartitionLag } from '../../../streams/group-lag.js';

const test = suite('state of the log');

function partition(topic: string, low: number, high: number, lag: number, number = 0): PartitionLag {
  return { topic, partition: number, low, high, lag, committed: high - lag };
}

test('counts an event as folded when every projection that reads it is done', () => {
  const state = summariseLag(
    new Map([
      ['binary', [partition('b', 0, 100, 30), partition('s', 0, 50, 5)]],
      ['status', [partition('s', 0, 50, 20)]],
    ]),
  );
  assert.equal([state.events, state.folded], [150, 70 + 30]);
  assert.equal(
    [...state.lag],
    [
      ['binary', 35],
      ['status', 20],
    ],
  );
  assert.is(totalLag(state), 55);
});

test('does not count what retention has taken', () => {
  const state = summariseLag(new Map([['status', [partition('s', 40, 50, 0)]]]));
  assert.equal([state.events, state.folded], [10, 10]);
});

test('asks for the topics of one prefix and puts their partitions together', async () => {
  const asked: string[] = [];
  const reader = {
    lag: (_group: string, patterns: readonly string[]) => {
      asked.push(...patterns);
      return Promise.resolve([partition('azul.a.b.s', 1, 5, 4), partition('azul.a.b.s', 2, 7, 5, 1), partition('azul.a.b.t', 0, 0, 0)]);
    },
    close: () => undefined,
  };
  assert.equal(
    [...(await readTopicEnds(reader, 'a.b'))],
    [
      ['azul.a.b.s', { partitions: 2, low: 3, high: 12 }],
      ['azul.a.b.t', { partitions: 1, low: 0, high: 0 }],
    ],
  );
  assert.equal(asked, ['^azul\\.a\\.b\\.']);
});

test.run();
