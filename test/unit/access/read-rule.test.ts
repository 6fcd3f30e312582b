import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BadLabelError } from '../../../src/access/errors.js';
import { createReadRule, type ReadRule } from '../../../src/access/read-rule.js';
import { enforcedPolicy, policyWith } from '../projections/security/configurations.js';
import { READERS } from '../projections/security/readers.js';

const test = suite('read rule');
const c0 = policyWith();
const c1 = enforcedPolicy();

const inclusive = (labels: string[]) => ({ terms: { 'encoded_security.inclusive': labels } });
const exclusive = (labels: string[]) => ({
  terms_set: { 'encoded_security.exclusive': { terms: labels, minimum_should_match_field: 'encoded_security.num_exclusive' } },
});
const markings = (labels: string[]) => ({ terms: { 'encoded_security.markings': labels } });

test('filters by inclusive and exclusive labels, sorted and unique', () => {
  const { filter } = createReadRule(c0, ['s-low', 's-any', 's-low'], [], []);
  assert.equal(filter, { bool: { filter: [inclusive(['s-any', 's-low']), exclusive(['s-any', 's-low'])] } });
});

test('filters by markings where some are enforced', () => {
  const { filter } = createReadRule(c1, ['s-tlp-amber', 's-any'], [], []);
  const granted = ['s-any', 's-tlp-amber'];
  const should = [{ bool: { must_not: [markings(['s-tlp-amber', 's-tlp-amber-strict'])] } }, markings(granted)];
  assert.equal(filter, { bool: { filter: [inclusive(granted), exclusive(granted), { bool: { minimum_should_match: 1, should } }] } });
});

test('hands out a filter that nobody can change', () => {
  const { filter } = createReadRule(c1, ['s-any'], [], []);
  assert.throws(() => (filter['bool'] as { filter: unknown[] }).filter.pop(), TypeError);
  assert.throws(() => {
    (filter['bool'] as { filter: { terms: { 'encoded_security.inclusive': string[] } }[] }).filter[0]!.terms[
      'encoded_security.inclusive'
    ].push('s-top-high');
  }, TypeError);
});

for (const { policy, granted, security, reads, title } of READERS) {
  test(title, () => assert.is(createReadRule(policy, granted, [], []).mayRead(policy.encode(security)), reads));
}

test('gives nobody a document without encoded security', () => {
  const all = createReadRule(c0, ['s-any', ...c0.table.toLabel.keys()], [], []);
  assert.is(all.mayRead(undefined), false);
});

const EVERYTHING = ['s-any', ...c1.table.toLabel.keys()];

const CHOICES: [string[], string[], 'AND' | 'OR' | null, string[], string[]][] = [
  [[], [], null, ['LOW', 'MEDIUM REL:APPLE', 'LOW TLP:AMBER', 's-any'], []],
  [['medium'], [], 'OR', ['LOW', 'HIGH REL:APPLE', 's-any'], ['MEDIUM', 'MEDIUM REL:APPLE']],
  [['REL:BEE', 'TLP:AMBER'], [], 'OR', ['MEDIUM REL:APPLE', 'LOW TLP:GREEN'], ['MEDIUM REL:APPLE,BEE', 'LOW TLP:AMBER']],
  [[], ['rel:bee'], 'AND', ['MEDIUM REL:APPLE,BEE', 'HIGH REL:APPLE,BEE,CAR'], ['LOW', 'MEDIUM REL:APPLE', 's-any']],
  [[], ['REL:BEE', 'REL:CAR'], 'AND', ['HIGH REL:APPLE,BEE,CAR'], ['MEDIUM REL:APPLE,BEE']],
  [['HIGH', 'REL:CAR'], ['REL:BEE'], 'AND', ['MEDIUM REL:APPLE,BEE'], ['MEDIUM REL:APPLE,BEE,CAR', 'HIGH REL:APPLE,BEE']],
  [[], ['LOW'], 'AND', [], ['LOW', 'MEDIUM REL:APPLE']],
];

for (const [x, i, secFilter, shown, hidden] of CHOICES) {
  test(`without [${x.join(', ')}] and with [${i.join(', ')}] hides ${hidden.join('; ') || 'nothing'}`, () => {
    const rule = createReadRule(c1, EVERYTHING, x, i);
    assert.is(rule.secFilter, secFilter);
    assert.equal(
      [...shown, ...hidden].filter((security) => rule.mayRead(c1.encode(security))),
      shown,
    );
  });
}

test('does not let excluding or including labels show what was not granted', () => {
  assert.is(createReadRule(c0, ['s-any', 's-low'], ['LOW'], ['REL:BEE']).mayRead(c0.encode('MEDIUM REL:APPLE,BEE')), false);
});

const BAD: [string[], string[], string, string][] = [
  [
    ['bogus'],
    [],
    'MetastoreBadSecurityConversionExclude',
    "Bad security provided in security_exclude ['BOGUS']. Exception: unmatched unsafe->safe in ['BOGUS']",
  ],
  [
    ['LOW', 'REL:APPLEO'],
    ['NOPE'],
    'MetastoreBadSecurityConversionExclude',
    "Bad security provided in security_exclude ['LOW', 'REL:APPLEO']. Exception: unmatched unsafe->safe in ['LOW', 'REL:APPLEO']",
  ],
  [
    ['LOW'],
    [''],
    'MetastoreBadSecurityConversionInclude',
    "Bad security provided in security_include ['']. Exception: unmatched unsafe->safe in ['']",
  ],
  [
    [],
    ["it's", `"it's"`, 'A\\B'],
    'MetastoreBadSecurityConversionInclude',
    `Bad security provided in security_include ["IT'S", '"IT\\'S"', 'A\\\\B']. Exception: unmatched unsafe->safe in ["IT'S", '"IT\\'S"', 'A\\\\B']`,
  ],
];

for (const [x, i, code, message] of BAD) {
  test(`refuses [${x.join(', ')}] to exclude and [${i.join(', ')}] to include`, () => {
    assert.throws(
      () => createReadRule(c0, ['s-any'], x, i),
      (error: unknown) => error instanceof BadLabelError && error.code === code && error.message === message,
    );
  });
}

test('has the digest of what decides, in any order', () => {
  // printf '%s' '[["s-any","s-low"],["s-high","s-medium"],["s-rel-bee"]]' | sha256sum
  const expected = '1a709384ae7c67c8c46ac8bf419148de0fabace071336fcda936629e9e11c726';
  const rule = createReadRule(c0, ['s-low', 's-any'], ['medium', 'HIGH', 'HIGH'], ['rel:bee']);
  assert.is(rule.digest, expected);
  // printf '%s' '[["s-any","s-low"],["s-high","s-medium"],["s-rel-bee"],"bench-g2"]' | sha256sum
  assert.is(rule.digestWith('bench-g2'), '3796ff7e43901de13bc9c3c68e323da94dd23c48e863d02684797d1cedb2c418');
});

const labels = fc.subarray([...c1.table.toSafe.keys()], { maxLength: 3 });
const rules = fc.tuple(fc.subarray(EVERYTHING), labels, labels);

test('has the same digest only for the same filter and choice', () => {
  const decides = ({ filter, clauses }: ReadRule): string => JSON.stringify([filter, clauses]);
  fc.assert(
    fc.property(rules, rules, (a, b) => {
      const [left, right] = [createReadRule(c1, ...a), createReadRule(c1, ...b)];
      assert.is(left.digest === right.digest, decides(left) === decides(right));
      assert.is(createReadRule(c1, a[0].toReversed(), a[1].toReversed(), a[2].toReversed()).digest, left.digest);
    }),
  );
});

test.run();
