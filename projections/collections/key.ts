/** Names of a collection's keys (spec 07 §5): made here and nowhere else. */
import * as crypto from 'node:crypto';
import { md5 } from '../digest.js';
import type { LinqType, LinqValue } from './types.js';

export type KeyHashAlgorithm = 'md5' | 'sha256-128';

/** A domain has no `#`, no glob characters and no braces: its keys are never a pattern or a slot of their own. */
export const DOMAIN_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

const HASH_DIGITS = 32;
const HEADER_BYTES = 5;

const TAGS: Readonly<Record<Exclude<LinqType, 'json'>, number>> = {
  str: 1,
  int4: 2,
  int8: 3,
  float8: 4,
  bool: 5,
  timestamp: 6,
  duration: 7,
  ip4: 8,
};

/** Prefix of all keys of a collection: `domain#md5(domain + friendlyName)`. */
export function redisKeyBase(domain: string, friendlyName: string): string {
  return `${domain}#${md5(domain + friendlyName)}`;
}

/** Name of one key. */
export function collectionKey(base: string, hash: string): string {
  return `${base}:${hash}`;
}

/** Prefix of the keys in which a collection's own bookkeeping stands. */
export function bookkeepingPrefix(base: string): string {
  return `${base}:!`;
}

/** The key hash of values in the order of the key fields: 32 lower-case hex digits. */
export type KeyHasher = (values: readonly LinqValue[]) => string;

/** A hasher for fields of these types. A `json` field can't be part of a key. */
export function createKeyHasher(types: readonly LinqType[], algorithm: KeyHashAlgorithm): KeyHasher {
  const serialise = createSerialiser(types);
  if (algorithm === 'md5') return (values) => crypto.hash('md5', serialise(values));
  return (values) => crypto.hash('sha256', serialise(values)).slice(0, HASH_DIGITS);
}

/**
 * What is hashed: `tag | length (4 bytes) | payload` for each value, so that no two lists of values give the same bytes. The answer is
 * only good until the next call.
 */
export function createSerialiser(types: readonly LinqType[]): (values: readonly LinqValue[]) => Buffer {
  const tags = types.map((type) => {
    if (type === 'json') throw new Error('a json field can not be part of a key');
    return TAGS[type];
  });
  let room = Buffer.allocUnsafe(512);
  return (values) => {
    let at = 0;
    for (let i = 0; i < tags.length; i++) {
      const value = values[i]!;
      const bytes = typeof value === 'string' ? value.length * 3 : 8;
      if (at + HEADER_BYTES + bytes > room.length) {
        const larger = Buffer.allocUnsafe(2 * (at + HEADER_BYTES + bytes));
        room.copy(larger, 0, 0, at);
        room = larger;
      }
      at = writeValue(room, at, tags[i]!, value);
    }
    return room.subarray(0, at);
  };
}

/** Writes one value and answers with the place behind it. A lone surrogate becomes U+FFFD. */
function writeValue(room: Buffer, at: number, tag: number, value: LinqValue): number {
  const start = at + HEADER_BYTES;
  if (value === null) {
    room[at] = 0;
    room.writeUInt32BE(0, at + 1);
    return start;
  }
  const end = start + writePayload(room, start, tag, value);
  room[at] = tag;
  room.writeUInt32BE(end - start, at + 1);
  return end;
}

function writePayload(room: Buffer, at: number, tag: number, value: string | number | bigint | boolean): number {
  switch (tag) {
    case TAGS.str:
      return room.write(value as string, at, 'utf8');
    case TAGS.bool:
      room[at] = value === true ? 1 : 0;
      return 1;
    case TAGS.int4:
      room.writeInt32BE(value as number, at);
      return 4;
    case TAGS.ip4:
      room.writeUInt32BE(value as number, at);
      return 4;
    case TAGS.float8:
      writeFloat(room, at, value as number);
      return 8;
    default:
      room.writeBigInt64BE(BigInt(value), at);
      return 8;
  }
}

/** One spelling of zero and of NaN. */
function writeFloat(room: Buffer, at: number, value: number): void {
  if (Number.isNaN(value)) room.writeBigUInt64BE(0x7ff8000000000000n, at);
  else room.writeDoubleBE(value === 0 ? 0 : value, at);
}
