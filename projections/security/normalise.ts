/** From label sets to the smallest sets that mean the same (spec 03 §2.2). */
import { SecurityError, type SecurityErrorCode } from './errors.js';
import { allowsReleasability, sorted, type LabelSets, type LabelTable } from './label-table.js';

const NONE: ReadonlySet<string> = new Set();

function refuseUnknown(code: SecurityErrorCode, labels: ReadonlySet<string>, known: ReadonlySet<string>): void {
  const unknown = sorted(labels).filter((label) => !known.has(label));
  if (unknown.length > 0) throw new SecurityError(code, `unknown labels: ${unknown.join(', ')}`);
}

/** The last label of a list order that is in the set: of several the most restrictive one. */
function lastOf(order: readonly string[], labels: ReadonlySet<string>): string | undefined {
  return order.findLast((label) => labels.has(label));
}

function allowsCaveat(table: LabelTable, classification: string, caveat: string): boolean {
  const priority = table.priorities.get(classification)!;
  const option = table.caveatOptions.get(caveat)!;
  return option.min_priority <= priority && priority <= option.max_priority;
}

/** The most restrictive classification, with the caveats that it allows; without a classification no caveat stays. */
function keepExclusive(table: LabelTable, exclusive: ReadonlySet<string>): ReadonlySet<string> {
  const classification = lastOf(table.classifications, exclusive);
  if (classification === undefined) return NONE;
  const caveats = table.caveats.filter((caveat) => exclusive.has(caveat) && allowsCaveat(table, classification, caveat));
  return new Set([classification, ...caveats]);
}

function keepMarking(table: LabelTable, markings: ReadonlySet<string>): ReadonlySet<string> {
  const marking = lastOf(table.tlps, markings);
  return marking === undefined ? NONE : new Set([marking]);
}

/**
 * Keeps one classification, the caveats it allows and one TLP, or none where releasabilities are allowed. `requireOrigin` is
 * off only for the access summary. Throws SecurityError for a missing origin, releasability without support, unknown labels.
 */
export function normaliseLabels(table: LabelTable, labels: LabelSets, requireOrigin = true): LabelSets {
  const { exclusive, inclusive } = labels;
  const releasable = allowsReleasability(table, exclusive);
  const markings = releasable ? NONE : labels.markings;
  if (requireOrigin && inclusive.size > 0 && table.origin !== '' && !inclusive.has(table.origin)) {
    throw new SecurityError('SecurityMissingOrigin', `${sorted(inclusive).join(', ')} lacks the origin ${table.origin}`);
  }
  if (!releasable && inclusive.size > 0) {
    const message = `${sorted(exclusive).join(', ')} does not support ${sorted(inclusive).join(', ')}`;
    throw new SecurityError('SecurityClassificationDoesntSupportReleasability', message);
  }
  refuseUnknown('SecurityInvalidReleasabilityGroup', inclusive, table.inclusive);
  refuseUnknown('SecurityInvalidExclusiveGroup', exclusive, table.exclusive);
  refuseUnknown('SecurityInvalidMarkingsGroup', markings, table.markings);
  return { exclusive: keepExclusive(table, exclusive), inclusive, markings: keepMarking(table, markings) };
}
