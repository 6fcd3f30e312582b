/** Avro by hand, for records that no writer would make: garbage counts, bad booleans, invalid UTF-8. */
import { ZERO_TIME } from '../../../schemas/events.js';

export type Piece = Buffer;

export function long(n: bigint | number): Piece {
  const bytes: number[] = [];
  let u = BigInt.asUintN(64, (BigInt(n) << 1n) ^ (BigInt(n) >> 63n));
  for (; u >= 0x80n; u >>= 7n) bytes.push(Number(u & 0x7fn) | 0x80);
  bytes.push(Number(u));
  return Buffer.from(bytes);
}

export function string(text: string | Buffer): Piece {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return Buffer.concat([long(bytes.length), bytes]);
}

export function fixed(n: bigint | number): Piece {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(n));
  return bytes;
}

export function double(n: number): Piece {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(n);
  return bytes;
}

export const EMPTY = long(0);

/** Blocks with positive counts and no size, each of the given items. */
export function positiveBlocks(...blocks: Piece[][]): Piece {
  return Buffer.concat([...blocks.flatMap((items) => [long(items.length), ...items]), EMPTY]);
}

/** Blocks with negative counts and their size in bytes. */
export function negativeBlocks(...blocks: Piece[][]): Piece {
  return Buffer.concat([...blocks.flatMap((items) => [long(-items.length), long(Buffer.concat(items).length), ...items]), EMPTY]);
}

/** Pieces of a binary record of version 6 by field, in wire order; nested fields have dotted names. */
const BINARY = {
  model_version: long(6),
  kafka_key: string('key'),
  timestamp: long(1616988248549280n),
  author: Buffer.concat(['plug', '1', 'plugin', ''].map(string)),
  'source.name': string('src'),
  'source.references': EMPTY,
  'source.security': string(''),
  'source.path': EMPTY,
  'source.timestamp': long(0),
  'source.settings': EMPTY,
  'entity.hashes': Buffer.concat(['aa', '', '', '', '', ''].map(string)),
  'entity.size': fixed(0),
  'entity.types': Buffer.concat(['', '', '', ''].map(string)),
  'entity.info': string(''),
  'entity.features': EMPTY,
  'entity.datastreams': EMPTY,
  action: string('enriched'),
  dequeued: string(''),
  retries: long(0),
  flags: Buffer.from([0, 0, 0]),
  track_source_references: string(''),
  track_links: EMPTY,
  track_authors: EMPTY,
};

export type BinaryPiece = keyof typeof BINARY;

export function rawBinary(pieces: Partial<Record<BinaryPiece, Piece>> = {}): Buffer {
  return Buffer.concat(Object.values({ ...BINARY, ...pieces }));
}

/** A status record around a binary one. */
export function rawStatus(input: Buffer, runtime: number, results: Piece = EMPTY): Buffer {
  const { model_version, kafka_key, timestamp, author } = BINARY;
  return Buffer.concat([
    model_version,
    kafka_key,
    timestamp,
    author,
    input,
    string('completed'),
    double(runtime),
    string(''),
    string(''),
    results,
  ]);
}

export function rawFeature(value: string | Buffer, name = 'n'): Piece {
  return Buffer.concat([string(name), string(value), string('string'), string(''), fixed(0), fixed(0)]);
}

/** A delete record of version 4 as old writers made it: `model_version` 0. */
export function legacyDelete(key: string, trackLink: string): Buffer {
  const zero = long(ZERO_TIME);
  const header = [long(0), string(key), long(1616988248549280n), ...['person', '1', 'user', ''].map(string)];
  return Buffer.concat([...header, string(''), string(''), zero, string(''), zero, string(trackLink), EMPTY, string('link')]);
}
