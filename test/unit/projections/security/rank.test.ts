import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SecurityError } from '../../../../projections/security/errors.js';
import { rank } from '../../../../projections/security/rank.js';
import { policyWith, policyWithLabels } from './configurations.js';

const test = suite('security rank');
const { table } = policyWith();

const RANKED = [
  'LOW',
  'LOW TLP:CLEAR',
  'LOW TLP:GREEN',
  'LOW MOD1',
  'LOW MOD2',
  'LOW MOD1 MOD2',
  'LOW MOD3',
  'LOW: LY',
  'MEDIUM',
  'MEDIUM REL:APPLE',
  'MEDIUM REL:APPLE,BEE',
  'MEDIUM REL:APPLE,CAR',
  'MEDIUM REL:APPLE,BEE,CAR',
  'HIGH',
  'TOP HIGH',
];

test('sorts by classification, caveats, releasabilities and TLP, each string once', () => {
  const given = ['HIGH', 'LOW', 'MEDIUM REL:APPLE', 'LOW MOD1', 'LOW TLP:GREEN', 'LOW MOD2', 'MEDIUM REL:APPLE,BEE', 'LOW'];
  const expected = ['LOW', 'LOW TLP:GREEN', 'LOW MOD1', 'LOW MOD2', 'MEDIUM REL:APPLE', 'MEDIUM REL:APPLE,BEE', 'HIGH'];
  assert.equal(rank(table, given), expected);
  assert.equal(rank(table, []), []);
});

test('counts one label later in a list for more than all before it, in any order of the input', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(RANKED), (some) =>
      assert.equal(
        rank(table, some),
        RANKED.filter((one) => some.includes(one)),
      ),
    ),
  );
});

test('takes spellings of the same string for one', () => {
  assert.equal(rank(table, ['medium//rel:bee,apple', 'MEDIUM REL:APPLEO,BEE', 'low']), ['LOW', 'MEDIUM REL:APPLE,BEE']);
});

test('tells more labels apart than a number has bits', () => {
  const many = policyWithLabels((labels) => {
    for (let index = 10; index < 90; index++) labels.caveat.options.push({ name: `C${index}` });
  });
  assert.equal(rank(many.table, ['LOW C89', 'LOW C88 C10', 'LOW C88']), ['LOW C88', 'LOW C10 C88', 'LOW C89']);
});

test('refuses a string that does not parse', () => {
  assert.throws(
    () => rank(table, ['LOW', 'LOW FOO']),
    (error: unknown) => error instanceof SecurityError && error.code === 'SecurityInvalidGroupsWhileNormalising',
  );
});

test.run();
