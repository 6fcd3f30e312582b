/** The searchable form of a security string (spec 03 §3, §4). */
import { SecurityError } from './errors.js';
import { sorted, type LabelSets, type LabelTable } from './label-table.js';

/** `encoded_security` of a document: safe labels in code-point order, or `s-any` where a list would be empty. Frozen and shared. */
export type EncodedSecurity = {
  readonly exclusive: readonly string[];
  readonly inclusive: readonly string[];
  readonly markings: readonly string[];
  readonly num_exclusive: number;
};

/** The safe label that every legitimate reader holds. As a security string it is the label of binary parent documents only. */
export const ANY = 's-any';

/** Of a binary parent document: readable by everyone, and unlike all others with empty markings. */
export const ANY_ENCODED: EncodedSecurity = freeze([ANY], [ANY], []);

function freeze(exclusive: string[], inclusive: string[], markings: string[]): EncodedSecurity {
  return Object.freeze({
    exclusive: Object.freeze(exclusive),
    inclusive: Object.freeze(inclusive),
    markings: Object.freeze(markings),
    num_exclusive: exclusive.length,
  });
}

function lookUp(known: ReadonlyMap<string, string>, labels: Iterable<string>, code: SecurityError['code']): string[] {
  const unknown = sorted(labels).filter((label) => !known.has(label));
  if (unknown.length > 0) throw new SecurityError(code, `unknown labels: ${unknown.join(', ')}`);
  return [...labels].map((label) => known.get(label)!);
}

/** Labels to safe labels in the same order; throws SecurityError for an unknown one (case counts, aliases are unknown). */
export function toSafeLabels(table: LabelTable, labels: Iterable<string>): string[] {
  return lookUp(table.toSafe, labels, 'SecurityUnmatchedLabelsGoingUnsafeToSafe');
}

/** Safe labels to labels in the same order; throws SecurityError for an unknown one. */
export function toLabels(table: LabelTable, safeLabels: Iterable<string>): string[] {
  return lookUp(table.toLabel, safeLabels, 'SecurityUnmatchedLabelsGoingSafeToUnsafe');
}

/** Safe labels to labels, unknown ones left out: the roles of an account hold more than labels. */
export function toKnownLabels(table: LabelTable, safeLabels: Iterable<string>): string[] {
  return [...safeLabels].flatMap((safe) => table.toLabel.get(safe) ?? []);
}

function storedList(table: LabelTable, labels: ReadonlySet<string>): string[] {
  return labels.size === 0 ? [ANY] : sorted(toSafeLabels(table, labels));
}

/** Encodes normalised labels. */
export function encodeLabels(table: LabelTable, labels: LabelSets): EncodedSecurity {
  return freeze(storedList(table, labels.exclusive), storedList(table, labels.inclusive), storedList(table, labels.markings));
}
