import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { toKnownLabels, toLabels, toSafeLabels } from '../../../../projections/security/encode.js';
import { SecurityError } from '../../../../projections/security/errors.js';
import { safeLabel, type LabelSets } from '../../../../projections/security/label-table.js';
import { normaliseLabels } from '../../../../projections/security/normalise.js';
import { renderLabels } from '../../../../projections/security/render.js';
import { policyWith } from './configurations.js';

const test = suite('security labels');
const { table } = policyWith();

const SAFE: [string, string][] = [
  ['LOW', 's-low'],
  ['LOW: LY', 's-low--ly'],
  ['TOP HIGH', 's-top-high'],
  ['REL:APPLE', 's-rel-apple'],
  ['TLP:AMBER', 's-tlp-amber'],
  ['TLP:AMBER+STRICT', 's-tlp-amber-strict'],
  ['A_B-C', 's-a_b-c'],
  ['A  B', 's-a--b'],
  ['\u00c9', 's--'],
  ['\u65e5\u672c', 's---'],
  ['\u{1f600}', 's--'],
];

for (const [label, safe] of SAFE) {
  test(`makes ${label} safe`, () => assert.is(safeLabel(label), safe));
}

function sets(exclusive: string[], inclusive: string[] = [], markings: string[] = []): LabelSets {
  return { exclusive: new Set(exclusive), inclusive: new Set(inclusive), markings: new Set(markings) };
}

function hasCode(code: string, text: string): (error: unknown) => boolean {
  return (error) => error instanceof SecurityError && error.code === code && error.message.includes(text);
}

test('looks safe labels up in both directions', () => {
  assert.equal(toSafeLabels(table, ['LOW: LY', 'REL:BEE']), ['s-low--ly', 's-rel-bee']);
  assert.equal(toLabels(table, ['s-low--ly', 's-rel-bee']), ['LOW: LY', 'REL:BEE']);
});

test('refuses unknown labels where asked strictly and leaves them out otherwise', () => {
  assert.throws(
    () => toSafeLabels(table, ['LOW', 'low', 'REL:APPLEO']),
    hasCode('SecurityUnmatchedLabelsGoingUnsafeToSafe', 'REL:APPLEO, low'),
  );
  assert.throws(() => toLabels(table, ['s-low', 's-any']), hasCode('SecurityUnmatchedLabelsGoingSafeToUnsafe', 's-any'));
  assert.equal(toKnownLabels(table, ['azul_read', 's-any', 's-mod1', 'LOW']), ['MOD1']);
});

test('renders bare sets without minimising them or asking for the origin', () => {
  assert.is(renderLabels(table, sets(['MEDIUM', 'LOW', 'MOD2', 'MOD1'], ['REL:CAR', 'REL:BEE'])), 'LOW MEDIUM MOD1 MOD2 REL:BEE,CAR');
  assert.is(renderLabels(table, sets(['LOW'], [], ['TLP:AMBER', 'TLP:CLEAR'])), 'LOW TLP:CLEAR TLP:AMBER');
  assert.is(renderLabels(table, sets(['MEDIUM'], ['REL:APPLEO'], ['TLP:AMBER', 'NOPE'])), 'MEDIUM REL:APPLE');
  assert.is(renderLabels(table, sets([])), '');
  assert.is(renderLabels(table, sets([], ['REL:BEE'])), 'REL:BEE');
});

test('does not render unknown labels or unsupported releasability', () => {
  assert.throws(
    () => renderLabels(table, sets(['NOPE'], ['REL:ZED'])),
    hasCode('SecurityInvalidReleasabilitiesConvertFromLabels', 'REL:ZED'),
  );
  assert.throws(
    () => renderLabels(table, sets(['LOW', 'NOPE'], ['REL:BEE'])),
    hasCode('SecurityClassificationDoesntSupportReleasability', 'REL:BEE'),
  );
  assert.throws(() => renderLabels(table, sets(['LOW', 'NOPE'])), hasCode('SecurityInvalidLabelConvertingFromLabels', 'NOPE'));
  assert.throws(() => renderLabels(table, sets(['LOW'], [], ['TLP:RED'])), hasCode('SecurityInvalidLabelConvertingFromLabels', 'TLP:RED'));
});

test('normalises bare sets, without asking for the origin where told', () => {
  const bee = sets(['MEDIUM'], ['REL:BEE'], ['TLP:GREEN']);
  assert.throws(() => normaliseLabels(table, bee), hasCode('SecurityMissingOrigin', 'REL:BEE'));
  assert.equal(normaliseLabels(table, bee, false), sets(['MEDIUM'], ['REL:BEE']));
});

test('drops all caveats when there is no classification, and reports unknown labels by group', () => {
  assert.equal(normaliseLabels(table, sets([])), sets([]));
  assert.equal(normaliseLabels(table, sets(['MOD1', 'OVER'])), sets([]));
  assert.throws(() => normaliseLabels(table, sets(['LOW', 'ZED'], [], ['ZED'])), hasCode('SecurityInvalidExclusiveGroup', 'ZED'));
  assert.throws(() => normaliseLabels(table, sets(['LOW'], [], ['TLP:RED'])), hasCode('SecurityInvalidMarkingsGroup', 'TLP:RED'));
});

test.run();
