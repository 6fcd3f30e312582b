/** Whether labels reach a security string: asked before something is written, and for presets (spec 03 §5). */
import { SecurityError } from './errors.js';
import { sorted, type LabelTable } from './label-table.js';
import { parseLabels } from './parse.js';

function isDisjoint(labels: readonly string[], held: ReadonlySet<string>): boolean {
  return labels.length > 0 && !labels.some((label) => held.has(label));
}

/**
 * Throws SecurityError when the labels do not reach the string: `SecurityUserCannotAccessExclusive`, `…Inclusive` or
 * `…Markings`, tested in that order, or what parsing throws.
 */
export function checkAccess(table: LabelTable, labels: ReadonlySet<string>, raw: string): void {
  const needed = parseLabels(table, raw);
  const lacking = sorted(needed.exclusive).filter((label) => !labels.has(label));
  if (lacking.length > 0) throw new SecurityError('SecurityUserCannotAccessExclusive', `labels lack ${lacking.join(', ')}`);
  const inclusive = sorted(needed.inclusive);
  if (isDisjoint(inclusive, labels)) {
    throw new SecurityError('SecurityUserCannotAccessInclusive', `labels hold none of ${inclusive.join(', ')}`);
  }
  const markings = sorted(needed.markings).filter((label) => table.enforced.has(label));
  if (isDisjoint(markings, labels)) {
    throw new SecurityError('SecurityUserCannotAccessMarkings', `labels hold none of ${markings.join(', ')}`);
  }
}

/** Whether `checkAccess` accepts; false also for a string that does not parse. */
export function hasAccess(table: LabelTable, labels: ReadonlySet<string>, raw: string): boolean {
  try {
    checkAccess(table, labels, raw);
    return true;
  } catch (error) {
    if (error instanceof SecurityError) return false;
    throw error;
  }
}
