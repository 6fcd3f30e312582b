import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addedTime, type ApiBenchResult } from '../../../src/bench/api.js';
import { apiText, mostAdded } from '../../../src/bench/api-text.js';

const test = suite('table of the API benchmark');

const latency = (p50: number, p99: number) => ({ requests: 10, p50, p99 });
const RESULT: ApiBenchResult = {
  events: 240_000,
  binaries: 20_100,
  rounds: 3,
  seconds: 2,
  endpoints: [
    {
      title: 'find by term',
      example: 'POST /api/v0/binaries?term=a',
      searches: 2,
      overlapped: true,
      loads: [
        { clients: 1, bare: latency(5.5, 12.25), api: latency(7.25, 20), added: 1.75 },
        { clients: 64, bare: latency(100, 300), api: latency(86, 400), added: -14 },
      ],
    },
    {
      title: 'plugins',
      example: 'GET /api/v0/plugins',
      searches: 0,
      overlapped: false,
      loads: [{ clients: 1, bare: null, api: latency(0.5, 1.5), added: null }],
    },
  ],
};

test('shows both sides and what the API adds', () => {
  assert.is(
    apiText(RESULT),
    [
      '20100 binaries of 240000 events; 3 rounds of 2 s for each figure, both sides in turns',
      '',
      'endpoint       searches   clients   searches alone, p50 / p99 ms   API, p50 / p99 ms   added at p50',
      'find by term         2*         1                    5.50 / 12.3         7.25 / 20.0           1.75',
      '                               64                  100.0 / 300.0        86.0 / 400.0          -14.0',
      'plugins          memory         1                              -         0.50 / 1.50              -',
      '',
      '* some at the same time; alone they are sent one after the other',
      'added at the median, one client   1.75 ms at most   target 3 ms at most',
    ].join('\n'),
  );
});

test('compares each question with itself', () => {
  assert.is(addedTime([[4, 5, 6], [104], [13, 14]], [[1, 2, 3], [100], [11, 12]]), 3);
  assert.is(addedTime([[1], []], [[], [2]]), null);
  assert.is(addedTime([[1]], undefined), null);
});

test('has no figure where all answers come from memory', () => {
  assert.is(mostAdded({ ...RESULT, endpoints: RESULT.endpoints.slice(1) }), undefined);
  assert.match(apiText({ ...RESULT, endpoints: RESULT.endpoints.slice(1) }), 'one client   -   target');
});

test.run();
