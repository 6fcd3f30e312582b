/**
 * Records set aside in a file without name, to be read back in another order: memory holds some 40 bytes a record, whatever its
 * size. The file is gone when the process ends, however it ends.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OutgoingRecord } from '../../streams/producer.js';

export interface Spool {
  add(record: OutgoingRecord): void;
  /** The records in an order that depends on the seed only; records of one topic and key keep theirs. */
  shuffled(seed: string): Iterable<OutgoingRecord>;
  close(): void;
}

const BUFFER_BYTES = 1_048_576;
const TOMBSTONE = -1;

/** 32-bit FNV-1a over UTF-16 units, from a start value of one's own. */
function hash(text: string, start: number): number {
  let value = start;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}

/** 53 bits: two keys with one number would only keep their order among each other, which does no harm. */
function groupOf(topic: string, key: string): number {
  const text = `${topic}\n${key}`;
  return hash(text, 0x811c9dc5) * 2 ** 21 + (hash(text, 0x9747b28c) >>> 11);
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function randomNumbers(seed: string): () => number {
  let state = hash(seed, 0x811c9dc5);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Positions 0..n-1 in random order, except that positions of one group come in ascending order: every slot is given to a
 * group at random, then each group fills its slots in order.
 */
export function shuffleKeepingGroups(groups: readonly number[], random: () => number): Uint32Array {
  const count = groups.length;
  const slots = Uint32Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [slots[index], slots[other]] = [slots[other]!, slots[index]!];
  }
  const byGroup = Uint32Array.from({ length: count }, (_, index) => index).sort((a, b) => groups[a]! - groups[b]! || a - b);
  const next = new Map<number, number>();
  byGroup.forEach((position, index) => {
    if (index === 0 || groups[byGroup[index - 1]!] !== groups[position]) next.set(groups[position]!, index);
  });
  return slots.map((slot) => {
    const group = groups[slot]!;
    const index = next.get(group)!;
    next.set(group, index + 1);
    return byGroup[index]!;
  });
}

export function createSpool(): Spool {
  const folder = mkdtempSync(join(tmpdir(), 'metafold-'));
  const file = openSync(join(folder, 'records'), 'w+');
  rmSync(folder, { recursive: true });
  const topics: string[] = [];
  const topicNumbers = new Map<string, number>();
  const [topicOf, offsets, keyLengths, valueLengths, groups]: [number[], number[], number[], number[], number[]] = [[], [], [], [], []];
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let written = 0;

  function flush(): void {
    const bytes = Buffer.concat(pending, pendingBytes);
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done, written + done);
    written += pendingBytes;
    pending = [];
    pendingBytes = 0;
  }

  function numberOf(topic: string): number {
    let number = topicNumbers.get(topic);
    if (number === undefined) topicNumbers.set(topic, (number = topics.push(topic) - 1));
    return number;
  }

  function read(position: number): OutgoingRecord {
    const keyLength = keyLengths[position]!;
    const valueLength = valueLengths[position]!;
    const bytes = Buffer.allocUnsafe(keyLength + Math.max(valueLength, 0));
    for (let done = 0; done < bytes.length;) done += readSync(file, bytes, done, bytes.length - done, offsets[position]! + done);
    return {
      topic: topics[topicOf[position]!]!,
      key: bytes.subarray(0, keyLength),
      value: valueLength === TOMBSTONE ? null : bytes.subarray(keyLength),
    };
  }

  return {
    add({ topic, key, value }) {
      const keyBytes = Buffer.from(key);
      topicOf.push(numberOf(topic));
      offsets.push(written + pendingBytes);
      keyLengths.push(keyBytes.length);
      valueLengths.push(value === null ? TOMBSTONE : value.length);
      groups.push(groupOf(topic, keyBytes.toString('latin1')));
      pending.push(keyBytes);
      if (value !== null) pending.push(value);
      pendingBytes += keyBytes.length + (value?.length ?? 0);
      if (pendingBytes >= BUFFER_BYTES) flush();
    },
    *shuffled(seed) {
      flush();
      for (const position of shuffleKeepingGroups(groups, randomNumbers(seed))) yield read(position);
    },
    close: () => closeSync(file),
  };
}
