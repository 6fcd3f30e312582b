/**
 * Sorted runs on disk. An entry is a key and a value, both bytes: two lengths (32 bits), key, value. Read and written synchronously: a run is read
 * from one end to the other, which the system reads ahead.
 */
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';

export interface SortEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

export const HEAD_BYTES = 8;
const WRITE_BYTES = 1024 * 1024;
const READ_BYTES = 128 * 1024;

export class RunWriter {
  private readonly file: number;
  private readonly buffer = Buffer.allocUnsafe(WRITE_BYTES);
  private at = 0;

  constructor(path: string) {
    this.file = openSync(path, 'w', 0o600);
  }

  write(bytes: Buffer): void {
    if (this.at + bytes.length > this.buffer.length) this.flush();
    if (bytes.length > this.buffer.length) writeWhole(this.file, bytes);
    else this.at += bytes.copy(this.buffer, this.at);
  }

  close(): void {
    this.flush();
    closeSync(this.file);
  }

  private flush(): void {
    writeWhole(this.file, this.buffer.subarray(0, this.at));
    this.at = 0;
  }
}

function writeWhole(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}

/** An entry as it stands in a run. */
export function entryBytes({ key, value }: SortEntry): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + key.length + value.length);
  putEntry(bytes, 0, key, value);
  return bytes;
}

/** Puts an entry where there is room for it. */
export function putEntry(target: Buffer, start: number, key: Buffer, value: Buffer): void {
  target.writeUInt32BE(key.length, start);
  target.writeUInt32BE(value.length, start + 4);
  key.copy(target, start + HEAD_BYTES);
  value.copy(target, start + HEAD_BYTES + key.length);
}

/** The entry at a place; its bytes are the buffer's own. */
export function entryAt(buffer: Buffer, start: number): SortEntry {
  const keyStart = start + HEAD_BYTES;
  const valueStart = keyStart + buffer.readUInt32BE(start);
  return { key: buffer.subarray(keyStart, valueStart), value: buffer.subarray(valueStart, valueStart + buffer.readUInt32BE(start + 4)) };
}

/** Reads a run from its beginning and removes it when it is closed. */
export class RunReader {
  private readonly file: number;
  private buffer = Buffer.allocUnsafe(READ_BYTES);
  private start = 0;
  private end = 0;
  /** The entry that stands at the front; undefined at the end. Its bytes stay until the next call of `advance`. */
  current: SortEntry | undefined;

  constructor(private readonly path: string) {
    this.file = openSync(path, 'r');
    this.advance();
  }

  advance(): void {
    if (!this.fill(HEAD_BYTES)) {
      this.current = undefined;
      return;
    }
    const length = HEAD_BYTES + this.buffer.readUInt32BE(this.start) + this.buffer.readUInt32BE(this.start + 4);
    if (!this.fill(length)) throw new Error(`${this.path}: ends within an entry`);
    this.current = entryAt(this.buffer, this.start);
    this.start += length;
  }

  close(): void {
    closeSync(this.file);
    unlinkSync(this.path);
  }

  /** Whether so many bytes are at hand, read if need be. */
  private fill(bytes: number): boolean {
    if (this.end - this.start >= bytes) return true;
    const next = bytes > this.buffer.length ? Buffer.allocUnsafe(bytes + READ_BYTES) : this.buffer;
    this.buffer.copy(next, 0, this.start, this.end);
    this.end -= this.start;
    this.start = 0;
    this.buffer = next;
    while (this.end < bytes) {
      const read = readSync(this.file, next, this.end, next.length - this.end, null);
      if (read === 0) return false;
      this.end += read;
    }
    return true;
  }
}
