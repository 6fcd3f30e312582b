/** Fields that similarity search works on: fuzzy hashes and the entropy profile (spec 02 §4.5, §4.6). */
import type { BinaryEntity } from '../../schemas/events.js';
import { RefusalError } from '../refusal.js';
import type { DocumentBody, DocumentValue } from '../types.js';
import { readInteger } from './enrich-number.js';
import { entropyBlocks } from './entropy-blocks.js';
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

/** 160 integers from `info.entropy.blocks`; null when there are too few blocks, undefined without an entropy. Throws the refusals of `entropyBlocks`. */
export function entropyField(info: BinaryInfo | undefined): number[] | null | undefined {
  const blocks = entropyBlocks(info?.entropy);
  return blocks === undefined ? undefined : entropyVector(blocks);
}
