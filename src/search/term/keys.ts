/** Which keys a term may have (spec 05 §1.7, 04 §6.1 step 7). */
import { FOLD_FIELDS } from '../../../projections/fold-json.js';
import { leavesOf, type ParsedTerm } from './ast.js';

const FOLD = FOLD_FIELDS.fold;

/** Whether a key is provenance of metafold's own, which names contributions of others and is not searched. */
export function isFoldKey(key: string): boolean {
  return key === FOLD || key.startsWith(`${FOLD}.`);
}

/** The keys of a term that the model does not have, in the order of the text, repeated ones repeated. Letters count with their case. */
export function unknownKeys(term: ParsedTerm, model: ReadonlyMap<string, string>): string[] {
  const keys = leavesOf(term.root).flatMap((node) => (node.type === 'raw' || node.key === undefined ? [] : [node.key]));
  return keys.filter((key) => isFoldKey(key) || !model.has(key));
}

/** Message of the 422 for unknown keys. */
export function unknownKeysMessage(keys: readonly string[]): string {
  const s = keys.length > 1 ? 's' : '';
  const list = keys.join(', ');
  return (
    `The following term query key${s} could not be found: [${list}]. ` +
    `Either the key${s} are related to results and temporarily missing or the query is invalid.`
  );
}
