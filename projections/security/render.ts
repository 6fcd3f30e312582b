/** From labels to the security string (spec 03 §2.3). */
import { SecurityError } from './errors.js';
import { allowsReleasability, sorted, type LabelSets, type LabelTable } from './label-table.js';

function withoutAlias(table: LabelTable, inclusive: ReadonlySet<string>): ReadonlySet<string> {
  if (!inclusive.has(table.originAlias)) return inclusive;
  const labels = new Set(inclusive);
  labels.delete(table.originAlias);
  return labels.add(table.origin);
}

function refuse(unknown: readonly string[], code: SecurityError['code']): void {
  if (unknown.length > 0) throw new SecurityError(code, `unknown labels: ${sorted(unknown).join(', ')}`);
}

function checkRenderable(table: LabelTable, labels: LabelSets, releasable: boolean): void {
  const unknown = (set: ReadonlySet<string>, known: ReadonlySet<string>): string[] => [...set].filter((label) => !known.has(label));
  refuse(unknown(labels.inclusive, table.inclusive), 'SecurityInvalidReleasabilitiesConvertFromLabels');
  if (labels.inclusive.size > 0 && !releasable) {
    const message = `${sorted(labels.exclusive).join(', ')} does not support ${sorted(labels.inclusive).join(', ')}`;
    throw new SecurityError('SecurityClassificationDoesntSupportReleasability', message);
  }
  const markings = releasable ? [] : unknown(labels.markings, table.markings);
  refuse([...unknown(labels.exclusive, table.exclusive), ...markings], 'SecurityInvalidLabelConvertingFromLabels');
}

/** Writes labels as one string, without normalising them; empty sets give "". Throws SecurityError for unknown labels or unsupported releasability. */
export function renderLabels(table: LabelTable, given: LabelSets): string {
  const labels = { ...given, inclusive: withoutAlias(table, given.inclusive) };
  const releasable = allowsReleasability(table, labels.exclusive);
  checkRenderable(table, labels, releasable);
  const parts = [...table.classifications, ...table.caveats].filter((label) => labels.exclusive.has(label));
  if (labels.inclusive.size > 0) {
    const names = [...labels.inclusive].map((label) => label.slice(table.prefix.length));
    parts.push(table.prefix + sorted(names).join(','));
  }
  if (!releasable) parts.push(...table.tlps.filter((label) => labels.markings.has(label)));
  return parts.join(' ');
}
