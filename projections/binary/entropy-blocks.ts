/**
 * The blocks of `info.entropy`, refused where the peer's Python fails (spec 02 §4.6, §6). Producers write anything into
 * `info`, so what Python does with each type decides: attribute access on what is no object is an AttributeError, `len` of
 * null, a number or a boolean a TypeError. numpy then takes numbers and booleans; null, a string or an object in the list
 * can't be cast (TypeError), a list in it or a text or object in its place has the wrong depth (ValueError), NaN can't become
 * an integer (ValueError). Checked against numpy 2.
 */
import { countCodePoints } from '../code-points.js';
import { RefusalError } from '../refusal.js';
import { isTruthy } from './info.js';

/** Fewer blocks are not looked at: the vector is null whatever they hold. */
const MIN_BLOCKS = 40;

const NO_BLOCKS: readonly number[] = Object.freeze([]);

function show(value: unknown): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

/** Python's `len`; a text or an object has one too, and is let through when it is small. */
function lengthOf(blocks: unknown): number {
  if (Array.isArray(blocks)) return blocks.length;
  if (typeof blocks === 'string') return countCodePoints(blocks);
  if (typeof blocks === 'object' && blocks !== null) return Object.keys(blocks).length;
  throw new RefusalError('TypeError', `info.entropy.blocks is ${show(blocks)}, expected a list of numbers`);
}

function toNumber(block: unknown, index: number): number {
  if (typeof block === 'boolean') return Number(block);
  // An infinite number is one that JSON.parse could not hold; it counts as null (spec 02 §4.1).
  if (typeof block === 'number' && Number.isFinite(block)) return block;
  const refusalClass = Array.isArray(block) || Number.isNaN(block) ? 'ValueError' : 'TypeError';
  throw new RefusalError(refusalClass, `info.entropy.blocks[${index}] is ${show(block)}, expected a number`);
}

/**
 * Reads `info.entropy` as JSON.parse gives it: undefined when it is absent or empty, no blocks when there are too few for a
 * vector, else all of them. Throws RefusalError (AttributeError, TypeError, ValueError) for values of a wrong type.
 */
export function entropyBlocks(entropy: unknown): readonly number[] | undefined {
  if (!isTruthy(entropy)) return undefined;
  if (typeof entropy !== 'object' || entropy === null || Array.isArray(entropy)) {
    throw new RefusalError('AttributeError', `info.entropy is ${show(entropy)}, expected an object`);
  }
  if (!Object.hasOwn(entropy, 'blocks')) return NO_BLOCKS;
  const { blocks } = entropy as { blocks: unknown };
  if (lengthOf(blocks) < MIN_BLOCKS) return NO_BLOCKS;
  if (!Array.isArray(blocks)) throw new RefusalError('ValueError', `info.entropy.blocks is ${show(blocks)}, expected a list of numbers`);
  return blocks.map(toNumber);
}
