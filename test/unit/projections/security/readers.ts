/** The worked examples of who may read what (spec 03 §5): configuration, granted labels (without `s-`), security, answer. */
import { safeLabel } from '../../../../projections/security/label-table.js';
import type { SecurityPolicy } from '../../../../projections/security/policy.js';
import { enforcedPolicy, policyWith } from './configurations.js';

export interface Reader {
  readonly policy: SecurityPolicy;
  readonly granted: readonly string[];
  readonly security: string;
  readonly reads: boolean;
  readonly title: string;
}

const C0 = policyWith();
const C1 = enforcedPolicy();

type Row = readonly [SecurityPolicy, string, string, boolean];

const ROWS: readonly Row[] = [
  [C0, 'any low', 'LOW', true],
  [C0, 'low', 'LOW', false],
  [C0, 'any', 'LOW', false],
  [C0, 'any', 's-any', true],
  [C0, 'any medium', 'LOW', false],
  [C0, 'any medium', 'MEDIUM', true],
  [C0, 'any low medium rel-apple', 'MEDIUM REL:APPLE', true],
  [C1, 'any low', 'LOW TLP:AMBER', false],
  [C1, 'any low tlp-amber-strict', 'LOW TLP:AMBER', false],
  [C1, 'any low tlp-amber', 'LOW TLP:AMBER+STRICT', false],
  [C0, 'any low medium rel-bee', 'MEDIUM REL:APPLE,BEE', true],
  [C0, 'any low medium rel-bee', 'MEDIUM REL:APPLE', false],
  [C0, 'any low medium high rel-car', 'HIGH REL:APPLE,BEE', false],
  [C0, 'any low medium mod1', 'MEDIUM MOD1 MOD2', false],
  [C0, 'any low medium mod1 mod2', 'MEDIUM MOD1 MOD2', true],
  [C0, 'any low', 'LOW: LY', false],
  [C0, 'any low', 'LOW TLP:AMBER+STRICT', true],
  [C1, 'any low tlp-amber', 'LOW TLP:AMBER', true],
  [C1, 'any low', 'LOW TLP:GREEN', true],
  [C1, 'any low medium', 'MEDIUM TLP:AMBER', true],
  // The rows of the rule that the examples leave out: each condition fails alone.
  [C0, 'low medium', 'MEDIUM REL:APPLE', false],
  [C0, 'low medium rel-apple', 'MEDIUM REL:APPLE', true],
  [C0, '', 's-any', false],
  [C0, 'low', 's-any', false],
  [C1, 'any tlp-amber', 'LOW TLP:AMBER', false],
];

export const READERS: readonly Reader[] = ROWS.map(([policy, names, security, reads]) => ({
  policy,
  granted: names === '' ? [] : names.split(' ').map(safeLabel),
  security,
  reads,
  title: `${names || 'nobody'} ${reads ? 'reads' : 'does not read'} ${security}${policy === C1 ? ' where amber is enforced' : ''}`,
}));
