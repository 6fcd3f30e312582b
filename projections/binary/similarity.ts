/** Fields that similarity search works on: fuzzy hashes and the entropy profile (spec 02 §4.5, §4.6). */
import type { BinaryEntity } from '../../schemas/events.js';
import { countCodePoints } from '../code-points.js';
import { RefusalError } from '../refusal.js';
import type { DocumentBody, DocumentValue } from '../types.js';
import { readInteger } from './enrich-number.js';
import { isTruthy, type BinaryInfo } from './info.js';
import { entropyVector, tlshVector } from './vectors.js';

export interface SsdeepFields {
  readonly ssdeep: string | undefined;
  readonly encoded: DocumentBody | undefined;
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? 'undefined';
}

/** The entity's own text when it has one, else the text in `info`; "" or undefined when neither has. */
function hashText(name: string, own: string | undefined, inInfo: unknown): string | undefined {
  if (own || !isTruthy(inInfo)) return own;
  if (typeof inInfo !== 'string') throw new RefusalError('AttributeError', `info.${name} is ${shown(inInfo)}, expected a string`);
  return inInfo;
}

function blocksize(ssdeep: string, text: string): DocumentValue {
  const size = readInteger(text);
  if (size === undefined)
    throw new RefusalError('BaseAzulException', `ssdeep ${shown(ssdeep)} starts with ${shown(text)}, expected an integer`);
  return size;
}

/** `ssdeep` and its split form. Refuses a text that is not three parts of which the first is an integer. */
export function ssdeepFields(entity: BinaryEntity, info: BinaryInfo | undefined): SsdeepFields {
  const ssdeep = hashText('ssdeep', entity.ssdeep, info?.ssdeep);
  if (!ssdeep) return { ssdeep, encoded: undefined };
  const parts = ssdeep.split(':');
  if (parts.length !== 3) throw new RefusalError('BaseAzulException', `ssdeep ${shown(ssdeep)} has ${parts.length} parts, expected 3`);
  return { ssdeep, encoded: { blocksize: blocksize(ssdeep, parts[0]!), chunk: parts[1], dchunk: parts[2] } };
}

/** 36 integers from the entity's or the info's TLSH; undefined without one. Throws the refusals of `tlshVector`. */
export function tlshField(entity: BinaryEntity, info: BinaryInfo | undefined): number[] | undefined {
  const tlsh = hashText('tlsh', entity.tlsh, info?.tlsh);
  return tlsh ? tlshVector(tlsh) : undefined;
}

/** A block as Python's numpy takes it: numbers and booleans. */
function blockNumber(block: unknown): number {
  if (typeof block === 'number') return block;
  if (typeof block === 'boolean') return block ? 1 : 0;
  throw new RefusalError('TypeError', `info.entropy.blocks holds ${shown(block)}, expected numbers`);
}

const MIN_BLOCKS = 40;

function blockCount(blocks: unknown): number {
  if (Array.isArray(blocks)) return blocks.length;
  if (typeof blocks === 'string') return countCodePoints(blocks);
  if (typeof blocks === 'object' && blocks !== null) return Object.keys(blocks).length;
  throw new RefusalError('TypeError', `info.entropy.blocks is ${shown(blocks)}, expected a list`);
}

/** 160 integers from `info.entropy.blocks`; null when there are too few blocks, undefined without an entropy. */
export function entropyField(info: BinaryInfo | undefined): number[] | null | undefined {
  const entropy = info?.entropy;
  if (!isTruthy(entropy)) return undefined;
  if (typeof entropy !== 'object' || Array.isArray(entropy)) {
    throw new RefusalError('AttributeError', `info.entropy is ${shown(entropy)}, expected an object`);
  }
  const blocks = (entropy as Record<string, unknown>)['blocks'];
  if (blocks === undefined || blockCount(blocks) < MIN_BLOCKS) return null;
  if (!Array.isArray(blocks)) throw new RefusalError('TypeError', `info.entropy.blocks is ${shown(blocks)}, expected a list`);
  return entropyVector(blocks.map(blockNumber));
}
