import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SecurityError } from '../../../../projections/security/errors.js';
import { checkAccess, hasAccess } from '../../../../projections/security/check-access.js';
import { mayRead } from '../../../../projections/security/may-read.js';
import { enforcedPolicy, policyWith } from './configurations.js';
import { READERS } from './readers.js';

const test = suite('who may read');
const c0 = policyWith();
const c1 = enforcedPolicy();

for (const { policy, granted, security, reads, title } of READERS) {
  test(title, () => assert.is(mayRead(new Set(granted), policy.table.enforcedSafe, policy.encode(security)), reads));
}

test('gives an enforced marking to whoever holds any marking of the document', () => {
  const both = { ...c1.encode('LOW TLP:AMBER'), markings: ['s-tlp-amber', 's-tlp-green'] };
  assert.is(mayRead(new Set(['s-any', 's-low', 's-tlp-green']), c1.table.enforcedSafe, both), true);
});

const REFUSALS: [string[], string, string][] = [
  [[], 'LOW', 'SecurityUserCannotAccessExclusive'],
  [['LOW', 'MOD1'], 'LOW MOD1 MOD2', 'SecurityUserCannotAccessExclusive'],
  [['LOW'], 'MEDIUM REL:APPLE', 'SecurityUserCannotAccessExclusive'],
  [['LOW', 'MEDIUM'], 'MEDIUM REL:APPLE', 'SecurityUserCannotAccessInclusive'],
  [['LOW', 'MEDIUM', 'REL:CAR'], 'MEDIUM REL:APPLE,BEE', 'SecurityUserCannotAccessInclusive'],
  [['LOW', 'TLP:AMBER+STRICT'], 'LOW TLP:AMBER', 'SecurityUserCannotAccessMarkings'],
  [['LOW'], 'LOW FOO', 'SecurityInvalidGroupsWhileNormalising'],
  [['LOW'], '', 'SecurityNoClassificationInRawSecurity'],
];

for (const [labels, security, code] of REFUSALS) {
  test(`refuses [${labels.join(', ')}] the access to ${security} with ${code}`, () => {
    assert.throws(
      () => checkAccess(c1.table, new Set(labels), security),
      (error: unknown) => error instanceof SecurityError && error.code === code,
    );
    assert.is(hasAccess(c1.table, new Set(labels), security), false);
  });
}

const ACCESSES: [string[], string][] = [
  [['LOW', 'MEDIUM', 'REL:BEE'], 'MEDIUM REL:APPLE,BEE'],
  [['LOW', 'MEDIUM'], 'MEDIUM'],
  [['LOW', 'TLP:AMBER'], 'LOW TLP:AMBER'],
  [['LOW'], 'LOW TLP:GREEN'],
  [['MEDIUM'], 'medium tlp:amber'],
];

for (const [labels, security] of ACCESSES) {
  test(`gives [${labels.join(', ')}] access to ${security}`, () => {
    checkAccess(c1.table, new Set(labels), security);
    assert.is(hasAccess(c1.table, new Set(labels), security), true);
  });
}

test('asks for no marking that is not enforced', () => assert.is(hasAccess(c0.table, new Set(['LOW']), 'LOW TLP:AMBER'), true));

test.run();
