/**
 * The last record of every key of the log, on disk, to be asked by key. Entries have one length and are in the order of their keys, so that a look-up
 * is a binary search.
 */
import { hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { RunWriter } from './runs.js';

export interface LastRecord {
  readonly offset: number;
  /** Whether it makes any contribution. */
  readonly contributes: boolean;
}

const NAME_BYTES = 22;
const ENTRY_BYTES = NAME_BYTES + 9;

/** Names a record key of one partition: topic number (16 bits), partition (32 bits), 128 bits of SHA-256 of the key. */
export function keyName(topic: number, partition: number, key: string): Buffer {
  const name = Buffer.allocUnsafe(NAME_BYTES);
  name.writeUInt16BE(topic, 0);
  name.writeUInt32BE(partition, 2);
  Buffer.from(hash('sha256', key, 'hex').slice(0, 32), 'hex').copy(name, 6);
  return name;
}

export class KeyFileWriter {
  private readonly writer: RunWriter;

  constructor(path: string) {
    this.writer = new RunWriter(path);
  }

  /** Names must come in ascending order, each once. */
  write(name: Buffer, { offset, contributes }: LastRecord): void {
    const entry = Buffer.allocUnsafe(ENTRY_BYTES);
    name.copy(entry, 0, 0, NAME_BYTES);
    entry.writeBigUInt64BE(BigInt(offset), NAME_BYTES);
    entry[ENTRY_BYTES - 1] = contributes ? 1 : 0;
    this.writer.write(entry);
  }

  close(): void {
    this.writer.close();
  }
}

export class KeyFile {
  private readonly file: number;
  private readonly entries: number;
  private readonly entry = Buffer.allocUnsafe(ENTRY_BYTES);

  constructor(path: string) {
    this.file = openSync(path, 'r');
    this.entries = fstatSync(this.file).size / ENTRY_BYTES;
  }

  /** Undefined when the log has no record of the key. */
  find(name: Buffer): LastRecord | undefined {
    let [low, high] = [0, this.entries];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      readSync(this.file, this.entry, 0, ENTRY_BYTES, middle * ENTRY_BYTES);
      const order = this.entry.compare(name, 0, NAME_BYTES, 0, NAME_BYTES);
      if (order === 0) return { offset: Number(this.entry.readBigUInt64BE(NAME_BYTES)), contributes: this.entry[ENTRY_BYTES - 1] === 1 };
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }

  close(): void {
    closeSync(this.file);
  }
}
