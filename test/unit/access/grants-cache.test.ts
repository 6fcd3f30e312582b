/** How long what a token grants is remembered (spec 03 §6). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rememberByToken } from '../../../src/access/grants-cache.js';
import { createClock, type TestClock } from './support.js';

const test = suite('grants cache');

let clock: TestClock;
let asked: string[];
let answer: (token: string) => Promise<string>;
let of: (token: string, expiresAt?: number) => Promise<string>;

test.before.each(() => {
  clock = createClock();
  asked = [];
  answer = (token) => Promise.resolve(`${token} ${asked.length}`);
  const remembered = rememberByToken(
    (token) => {
      asked.push(token);
      return answer(token);
    },
    { now: clock.now, steadyNow: clock.now },
  );
  of = (token, expiresAt) => remembered(token, expiresAt);
});

const inSeconds = (seconds: number): number => clock.now() / 1000 + seconds;

test('an answer serves its own token for 60 s', async () => {
  assert.is(await of('a', inSeconds(600)), 'a 1');
  assert.is(await of('b', inSeconds(600)), 'b 2');
  clock.pass(59.9);
  assert.is(await of('a', inSeconds(600)), 'a 1');
  clock.pass(0.1);
  assert.is(await of('a', inSeconds(600)), 'a 3');
});

test('an answer does not outlive its token', async () => {
  const end = inSeconds(10);
  assert.is(await of('a', end), 'a 1');
  clock.pass(9.9);
  assert.is(await of('a', end), 'a 1');
  clock.pass(0.1);
  assert.is(await of('a', end), 'a 2');
});

test('a clock that is set back makes no answer live longer', async () => {
  let wall = 1_000_000;
  let steady = 0;
  let count = 0;
  const remembered = rememberByToken(() => Promise.resolve(++count), { now: () => wall, steadyNow: () => steady });
  assert.is(await remembered('a', 2_000), 1);
  wall -= 500_000;
  steady += 60_000;
  assert.is(await remembered('a', 2_000), 2);
});

test('who asks for the same token meanwhile shares the question', async () => {
  const answers = await Promise.all([of('a'), of('a'), of('a')]);
  assert.equal(answers, ['a 1', 'a 1', 'a 1']);
  assert.equal(asked, ['a']);
});

test('a failure is told to all who wait, and not remembered', async () => {
  answer = () => Promise.reject(new Error('away'));
  const results = await Promise.allSettled([of('a'), of('a')]);
  assert.equal(
    results.map((result) => result.status),
    ['rejected', 'rejected'],
  );
  assert.is(asked.length, 1);
  answer = () => Promise.resolve('there');
  assert.is(await of('a'), 'there');
});

test('only some thousand answers are remembered, the newest', async () => {
  for (let index = 0; index < 2_100; index++) await of(`token ${index}`);
  asked.length = 0;
  await of('token 2099');
  await of('token 101');
  assert.equal(asked, []);
  await of('token 99');
  assert.equal(asked, ['token 99']);
});

test.run();
