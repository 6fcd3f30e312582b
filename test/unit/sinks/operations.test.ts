import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addContender, bodyJson, createOperation, sourceJson, splitOperation } from '../../../src/sinks/operations.js';
import { contender } from './fixtures.js';

const operations = suite('operations');

operations('shows the body of the greatest contribution, whatever the order of arrival', () => {
  const older = contender(1, { recordKey: 'a', timestamp: 1n });
  const newer = contender(2, { recordKey: 'b', timestamp: 2n });
  for (const [first, second] of [
    [older, newer],
    [newer, older],
  ] as const) {
    const operation = createOperation(first);
    addContender(operation, second);
    assert.is(operation.best, newer);
    assert.is(bodyJson(operation), '{"n":2}');
    assert.is(operation.contenders.length, 2);
  }
});

operations('lets the later offset of one identity stand, even when its event is older', () => {
  const first = contender(1, { offset: 1, timestamp: 9n });
  const later = contender(2, { offset: 2, timestamp: 3n });
  for (const [one, two] of [
    [first, later],
    [later, first],
  ] as const) {
    const operation = createOperation(one);
    addContender(operation, two);
    assert.equal(operation.contenders, [later]);
    assert.is(bodyJson(operation), '{"n":2}');
  }
});

operations('carries all contributions in fold, greatest first, and at most the bound', () => {
  const operation = createOperation(contender(1, { recordKey: 'a', timestamp: 1n, tokens: ['ra'] }));
  addContender(operation, contender(2, { recordKey: 'b', timestamp: 2n, tokens: ['rb'] }));
  const whole = JSON.parse(sourceJson(operation, 200)) as {
    n: number;
    fold: { tokens: string[]; contributions: { k: string }[]; truncated?: boolean };
  };
  assert.is(whole.n, 2);
  assert.equal(whole.fold.tokens, ['ra', 'rb']);
  assert.equal(
    whole.fold.contributions.map(({ k }) => k),
    ['b', 'a'],
  );
  assert.is(whole.fold.truncated, undefined);
  const bounded = JSON.parse(sourceJson(operation, 1)) as typeof whole;
  assert.equal(
    bounded.fold.contributions.map(({ k }) => k),
    ['b'],
  );
  assert.is(bounded.fold.truncated, true);
});

operations('is taken apart into one merge for each contribution', () => {
  const operation = createOperation(contender(1, { recordKey: 'a', timestamp: 1n }));
  addContender(operation, contender(2, { recordKey: 'b', timestamp: 2n }));
  const parts = splitOperation(operation);
  assert.equal(
    parts.map((part) => [part.mode, bodyJson(part)]),
    [
      ['merge', '{"n":1}'],
      ['merge', '{"n":2}'],
    ],
  );
});

operations.run();
