/** What one caller may read in one request: its grants, and the labels that it excludes and includes (spec 03 §9, §10). */
import { createHash } from 'node:crypto';
import { toSafeLabels, type EncodedSecurity } from '../../projections/security/encode.js';
import { SecurityError } from '../../projections/security/errors.js';
import { safeLabel, sorted } from '../../projections/security/label-table.js';
import { mayRead } from '../../projections/security/may-read.js';
import type { SecurityPolicy } from '../../projections/security/policy.js';
import { documentFilter } from './document-filter.js';
import { BadLabelError, type BadLabelCode } from './errors.js';
import { isChosen, labelClauses, secFilter, type LabelChoice, type LabelClauses, type SecFilter } from './label-clauses.js';
import type { Query } from './query.js';

export interface ReadRule {
  /** F(G): what every query for this caller contains. Frozen. */
  readonly filter: Query;
  readonly clauses: LabelClauses;
  /** For the response's `meta.sec_filter`. */
  readonly secFilter: SecFilter;
  /** The same rule for what is answered without a query. A document without `encoded_security` is nobody's. */
  mayRead(encoded: EncodedSecurity | undefined): boolean;
  /** SHA-256, in hex, of all that decides what is read: for keys of caches (spec 05 §14). */
  readonly digest: string;
  /** The same with the name of the generation that is read: what was found in one says nothing of another. */
  digestWith(generation: string): string;
}

function unique(labels: readonly string[]): string[] {
  return sorted(new Set(labels));
}

function sha256(decisive: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(decisive)).digest('hex');
}

/** A list as Python prints it, for messages that equal the peer's. */
function pythonList(labels: readonly string[]): string {
  const texts = labels.map((label) => {
    const quote = label.includes("'") && !label.includes('"') ? '"' : "'";
    return quote + label.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`) + quote;
  });
  return `[${texts.join(', ')}]`;
}

function chosenLabels(policy: SecurityPolicy, raw: readonly string[], parameter: string, code: BadLabelCode): string[] {
  const labels = raw.map((label) => label.toUpperCase());
  try {
    return unique(toSafeLabels(policy.table, labels));
  } catch (error) {
    if (!(error instanceof SecurityError)) throw error;
    const list = pythonList(labels);
    throw new BadLabelError(code, `Bad security provided in ${parameter} ${list}. Exception: unmatched unsafe->safe in ${list}`);
  }
}

/**
 * The rule for a caller with the `granted` safe labels, as the request's `x` (exclude) and `i` (include) narrow it; these two
 * are labels in any case. Throws BadLabelError for an unknown one, an alias or "".
 */
export function createReadRule(
  policy: SecurityPolicy,
  granted: readonly string[],
  exclude: readonly string[],
  include: readonly string[],
): ReadRule {
  const { table } = policy;
  const choice: LabelChoice = {
    exclude: chosenLabels(policy, exclude, 'security_exclude', 'MetastoreBadSecurityConversionExclude'),
    include: chosenLabels(policy, include, 'security_include', 'MetastoreBadSecurityConversionInclude'),
    releasabilities: new Set(table.releasabilities.map(safeLabel)),
  };
  const grants = unique(granted);
  const held = new Set(grants);
  const decisive = [grants, choice.exclude, choice.include];
  return Object.freeze({
    filter: documentFilter(grants, sorted(table.enforcedSafe)),
    clauses: labelClauses(choice),
    secFilter: secFilter(choice),
    mayRead: (encoded: EncodedSecurity | undefined) =>
      encoded !== undefined && mayRead(held, table.enforcedSafe, encoded) && isChosen(choice, encoded),
    digest: sha256(decisive),
    digestWith: (generation: string) => sha256([...decisive, generation]),
  });
}
