/** The free-form `info` of a binary: its text in the document, the text that `uniq_info` hashes, and the fields read from it. */
import type { JsonText } from '../../schemas/events.js';
import { joinMembers, scanObject, type ScannedMembers } from '../python-json.js';
import { RefusalError } from '../refusal.js';

/** `info` after normalisation (spec 02 §4.1 points 4 and 5, §4.9). */
export interface BinaryInfo {
  /** Python's JSON text, used for the document too, since it is the same JSON. `{}` when only `_sa` keys were there. */
  readonly text: string;
  /** Whether no member is left; then `uniq_info` is absent. */
  readonly empty: boolean;
  /** Parsed values of the members that other fields are made from; undefined when absent. */
  readonly entropy: unknown;
  readonly ssdeep: unknown;
  readonly tlsh: unknown;
}

function member(members: ScannedMembers, quotedKey: string): unknown {
  const at = members.keys.indexOf(quotedKey);
  return at < 0 ? undefined : JSON.parse(members.values[at]!);
}

function scan(text: JsonText): ScannedMembers {
  try {
    return scanObject(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RefusalError('ValidationError', `entity.info: ${error.message}`);
    throw error;
  }
}

/** Reads `info`; undefined when it is absent or `{}`, which is its default and not written. Refuses what is no JSON object. */
export function readInfo(text: JsonText | undefined): BinaryInfo | undefined {
  if (text === undefined) return undefined;
  const members = scan(text);
  if (members.empty) return undefined;
  return {
    text: joinMembers(members),
    empty: members.keys.length === 0,
    entropy: member(members, '"entropy"'),
    ssdeep: member(members, '"ssdeep"'),
    tlsh: member(members, '"tlsh"'),
  };
}

/** Truth as Python sees it: `0`, `""`, `[]`, `{}`, `false` and null are false. */
export function isTruthy(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Boolean(value);
  return Array.isArray(value) ? value.length > 0 : Object.keys(value).length > 0;
}
