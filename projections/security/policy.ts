/**
 * What the configured labels mean for documents: how security strings are normalised, combined, encoded, and which index a
 * document belongs in (spec 03 §2 to §4). Every event asks several times, and the strings repeat, so results are remembered by input.
 */
import { memoised } from '../memo.js';
import { combineLabels } from './combine.js';
import { ANY, ANY_ENCODED, encodeLabels, type EncodedSecurity } from './encode.js';
import { SecurityError } from './errors.js';
import { createLabelTable, labelWarnings, safeLabel, sorted, type LabelTable } from './label-table.js';
import { parseLabels } from './parse.js';
import { renderLabels } from './render.js';
import type { SecuritySettings } from './settings.js';

export type { EncodedSecurity } from './encode.js';
export type { SecuritySettings } from './settings.js';

export interface SecurityPolicy {
  /** Default, presets and minimum access as they are after start-up: normalised or upper case. */
  readonly settings: SecuritySettings;
  readonly table: LabelTable;
  /** The normalised default, for events without or with empty security. */
  readonly defaultSecurity: string;
  /** Remarks on a configuration that is accepted but looks mistaken, for the log. */
  readonly warnings: readonly string[];
  /** The one spelling of a security string; throws SecurityError when it does not parse. "" does not: substitute the default first. */
  normalise(raw: string): string;
  /** The most restrictive reading of several strings; of none it is "". Throws SecurityError when one does not parse or nobody could read the result. */
  combine(raws: readonly string[]): string;
  /** The searchable form of a document's security; "" stands for the default. Throws SecurityError when it does not parse. */
  encode(security: string): EncodedSecurity;
  /** Whether a document belongs in the open index, which any reader with minimum access may search. Never asked for binary documents. */
  isOpen(encoded: EncodedSecurity): boolean;
}

const CACHE_LIMIT = 4096;

/** Check 8 of spec 03 §1. */
function checkMinimumAccess(settings: SecuritySettings, table: LabelTable): void {
  const unknown = settings.minimum_required_access.filter((label) => !table.exclusive.has(label) && !table.inclusive.has(label));
  if (unknown.length === 0) return;
  const message = `minimum access labels are no classification, caveat or releasability: ${sorted(new Set(unknown)).join(', ')}`;
  throw new SecurityError('SecurityMinRequiredAccessNotFound', message);
}

/** Check 9 of spec 03 §1. */
function normaliseDefault(settings: SecuritySettings, normalise: (raw: string) => string): string {
  if (settings.default === '') {
    throw new SecurityError(
      'SecuritySecurityDefaultNotSet',
      `security_default is ${JSON.stringify(settings.default)}, expected a security string`,
    );
  }
  return normalise(settings.default);
}

/** A text that no other list of strings gives: each string after its length. */
function listKey(strings: readonly string[]): string {
  let key = '';
  for (const string of strings) key += `${string.length}:${string}`;
  return key;
}

/** Combining several strings; lists of one repeated string, which most are, need no key. */
function combiner(table: LabelTable, normalise: (raw: string) => string): (raws: readonly string[]) => string {
  const known = new Map<string, string>();
  return (raws) => {
    const first = raws[0];
    if (first === undefined) return '';
    let same = true;
    for (let index = 1; same && index < raws.length; index++) same = raws[index] === first;
    if (same) return normalise(first);
    const key = listKey(raws);
    const found = known.get(key);
    if (found !== undefined) return found;
    const inputs = [...new Set(raws)].map((raw) => parseLabels(table, raw));
    const result = renderLabels(table, combineLabels(table, inputs));
    if (known.size >= CACHE_LIMIT) known.clear();
    known.set(key, result);
    return result;
  };
}

/** The rule of the open index: nothing that limits reading beyond minimum access (spec 02 §1, 03 §4). */
function opener(settings: SecuritySettings, table: LabelTable): (encoded: EncodedSecurity) => boolean {
  const open = new Set([ANY, ...settings.minimum_required_access.map(safeLabel)]);
  return ({ exclusive, inclusive, markings }) => {
    for (const label of exclusive) if (!open.has(label)) return false;
    for (const label of inclusive) if (!open.has(label)) return false;
    for (const label of markings) if (table.enforcedSafe.has(label) && !open.has(label)) return false;
    return true;
  };
}

/** Checks the settings (2 to 9 of spec 03 §1, in that order) and builds the policy; throws SecurityError for the first that fails. */
export function createSecurityPolicy(settings: SecuritySettings): SecurityPolicy {
  const table = createLabelTable(settings);
  const normalise = memoised(CACHE_LIMIT, (raw) => renderLabels(table, parseLabels(table, raw)));
  const presets = settings.presets.map(normalise);
  checkMinimumAccess(settings, table);
  const defaultSecurity = normaliseDefault(settings, normalise);
  const encode = memoised(CACHE_LIMIT, (security) => {
    if (security === ANY) return ANY_ENCODED;
    return encodeLabels(table, parseLabels(table, security === '' ? defaultSecurity : security));
  });
  return {
    settings: { ...settings, presets, default: defaultSecurity },
    table,
    defaultSecurity,
    warnings: labelWarnings(settings),
    normalise,
    combine: combiner(table, normalise),
    encode,
    isOpen: opener(settings, table),
  };
}
