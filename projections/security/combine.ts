/** The most restrictive reading of several label sets (spec 03 §2.4). */
import { SecurityError } from './errors.js';
import { sorted, type LabelSets, type LabelTable } from './label-table.js';
import { normaliseLabels } from './normalise.js';

function union(sets: readonly ReadonlySet<string>[]): Set<string> {
  return new Set(sets.flatMap((set) => [...set]));
}

/** What all inputs that restrict releasability have in common; inputs without any do not restrict it. */
function commonInclusive(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  const restricting = sets.filter((set) => set.size > 0);
  const [first, ...others] = restricting;
  if (first === undefined) return new Set();
  const common = new Set([...first].filter((label) => others.every((set) => set.has(label))));
  if (common.size === 0) {
    const groups = restricting.map((set) => sorted(set).join(','));
    throw new SecurityError('SecurityNoCommonSecurityUnviewable', `no releasability in common: ${sorted(new Set(groups)).join(' and ')}`);
  }
  return common;
}

/** Combines normalised label sets. Throws SecurityError `SecurityNoCommonSecurityUnviewable` when nobody could read the result. */
export function combineLabels(table: LabelTable, inputs: readonly LabelSets[]): LabelSets {
  return normaliseLabels(table, {
    exclusive: union(inputs.map((input) => input.exclusive)),
    inclusive: commonInclusive(inputs.map((input) => input.inclusive)),
    markings: union(inputs.map((input) => input.markings)),
  });
}
