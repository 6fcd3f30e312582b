/** From a security string to its labels (spec 03 §2.1). */
import { stripWhitespace } from '../whitespace.js';
import { SecurityError } from './errors.js';
import type { LabelSets, LabelTable } from './label-table.js';
import { normaliseLabels } from './normalise.js';

/**
 * Takes each name that stands between spaces out of the text and adds it to `found`. One space takes the place of the name
 * and of the spaces at both of its ends, so an immediate repeat loses the space before it and is not found: `LOW LOW` fails.
 */
function takeNames(text: string, names: readonly string[], found: Set<string>): string {
  let rest = text;
  for (const name of names) {
    const word = ` ${name} `;
    if (!rest.includes(word)) continue;
    found.add(name);
    rest = rest.replaceAll(word, ' ');
  }
  return rest;
}

/** Cuts every run that starts with the prefix, wherever in a word, out of the text. */
function takeReleasabilities(table: LabelTable, text: string, found: Set<string>): string {
  const { prefix } = table;
  return text.replace(table.releasabilityRun, (group) => {
    for (const piece of group.slice(prefix.length).split(',')) if (piece !== '') found.add(prefix + piece);
    return '';
  });
}

/** The labels of a string as written, before normalisation. */
function readLabels(table: LabelTable, raw: string): LabelSets {
  const exclusive = new Set<string>();
  const inclusive = new Set<string>();
  const markings = new Set<string>();
  const words = ` ${raw.toUpperCase()} `.replace(/[/\\]/g, ' ');
  let rest = takeNames(words, table.classificationsByLength, exclusive);
  if (exclusive.size === 0) {
    throw new SecurityError('SecurityNoClassificationInRawSecurity', `no classification in ${JSON.stringify(raw)}`);
  }
  rest = takeNames(rest, table.caveats, exclusive);
  rest = takeNames(rest, table.tlps, markings);
  rest = takeReleasabilities(table, stripWhitespace(rest), inclusive);
  if (inclusive.delete(table.originAlias)) inclusive.add(table.origin);
  rest = stripWhitespace(rest);
  if (rest !== '') {
    throw new SecurityError('SecurityInvalidGroupsWhileNormalising', `unknown labels ${rest} in ${JSON.stringify(raw)}`);
  }
  return { exclusive, inclusive, markings };
}

/**
 * The normalised labels of a security string. Throws SecurityError `SecurityNoClassificationInRawSecurity`,
 * `SecurityInvalidGroupsWhileNormalising` or `SecurityInvalidSecurityStringWhileNormalising` (with the inner cause).
 */
export function parseLabels(table: LabelTable, raw: string): LabelSets {
  const labels = readLabels(table, raw);
  try {
    return normaliseLabels(table, labels);
  } catch (error) {
    if (!(error instanceof SecurityError)) throw error;
    throw new SecurityError('SecurityInvalidSecurityStringWhileNormalising', `${error.message}: raw_security=${raw}`, error);
  }
}
