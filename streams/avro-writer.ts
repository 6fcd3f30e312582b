/**
 * Writes events as the dispatcher does (spec 01 §3): arrays and maps in blocks of at most 100 items with a negative count
 * and the block's size in bytes, which lets readers skip them. avsc writes positive counts, hence this one.
 */
import type { StringMap } from '../schemas/events.js';
import { ZERO_TIME } from '../schemas/events.js';
import type { FieldLayout, RecordLayout } from '../schemas/layout.js';
import { recordOf } from '../schemas/layout.js';
import { MAX_STRING_BYTES } from './avro-cursor.js';

const BLOCK_ITEMS = 100;
const INITIAL_BYTES = 4096;
const SHORT_STRING = 128;
/** An integer takes no more. */
const LONG_BYTES = 10;
const TWO_32 = 4_294_967_296;

/** Fields that a version has on the wire, in order; a name alone is a string that version 6 no longer has. */
export type WireFields = (layout: RecordLayout) => readonly (FieldLayout | string)[];

type Fields = Readonly<Record<string, unknown>>;

/** A growing buffer that is used again and again; one record at a time. */
export class RecordWriter {
  private bytes = Buffer.allocUnsafe(INITIAL_BYTES);
  private pos = 0;

  constructor(private readonly wireFields: WireFields) {}

  /** The bytes of one record, its `model_version` (nested ones too) being `version`. Throws a RangeError for what can't be read back. */
  write(layout: RecordLayout, value: Fields, version: number): Buffer {
    this.pos = 0;
    this.record(layout, value, version);
    return Buffer.from(this.bytes.subarray(0, this.pos));
  }

  private record(layout: RecordLayout, value: Fields, version: number): void {
    for (const field of this.wireFields(layout)) {
      if (typeof field === 'string') this.string('', field);
      else if (field.name === 'model_version') this.long(version);
      else this.field(field, value[field.name], version);
    }
  }

  private field(field: FieldLayout, value: unknown, version: number): void {
    switch (field.kind) {
      case 'string':
      case 'json':
        this.string((value as string | undefined) ?? '', field.name);
        break;
      case 'uint32':
        this.long((value as number | undefined) ?? 0);
        break;
      case 'size':
        this.size((value as number | bigint | undefined) ?? 0);
        break;
      case 'time':
        this.bigLong((value as bigint | undefined) ?? ZERO_TIME);
        break;
      case 'double':
        this.double((value as number | undefined) ?? 0);
        break;
      case 'boolean':
        this.byte(value === true ? 1 : 0);
        break;
      case 'map':
        this.map((value as StringMap | undefined) ?? {}, field.name);
        break;
      case 'strings':
        this.blocks((value as string[] | undefined) ?? [], (item) => this.string(item, field.name));
        break;
      case 'record':
        this.record(recordOf(field), value as Fields, version);
        break;
      case 'records':
        this.blocks((value as Fields[] | undefined) ?? [], (item) => this.record(recordOf(field), item, version));
        break;
    }
  }

  private map(map: StringMap, name: string): void {
    this.blocks(Object.keys(map), (key) => {
      this.string(key, name);
      this.string(map[key]!, name);
    });
  }

  private blocks<T>(items: readonly T[], writeItem: (item: T) => void): void {
    for (let i = 0; i < items.length; i += BLOCK_ITEMS) {
      const end = Math.min(items.length, i + BLOCK_ITEMS);
      this.long(i - end);
      const start = this.pos;
      for (let k = i; k < end; k++) writeItem(items[k]!);
      this.insertSize(start);
    }
    this.byte(0);
  }

  /** Puts the number of bytes since `start` before them: it is written behind them to see how long it gets, then again in its place. */
  private insertSize(start: number): void {
    const end = this.pos;
    this.long(end - start);
    const headerLength = this.pos - end;
    this.bytes.copyWithin(start + headerLength, start, end);
    this.pos = start;
    this.long(end - start);
    this.pos = end + headerLength;
  }

  private string(text: string, name: string): void {
    if (text.length <= SHORT_STRING && this.shortAscii(text)) return;
    const length = Buffer.byteLength(text, 'utf8');
    if (length > MAX_STRING_BYTES) throw new RangeError(`${name}: ${length} bytes, at most ${MAX_STRING_BYTES} can be read back`);
    this.long(length);
    this.reserve(length);
    this.pos += this.bytes.write(text, this.pos, 'utf8');
  }

  /** Most strings are short and ASCII; a loop is faster for them than two calls into the runtime. False leaves no trace. */
  private shortAscii(text: string): boolean {
    const { length } = text;
    this.reserve(length + LONG_BYTES);
    const start = this.pos;
    this.long(length);
    const { bytes, pos } = this;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) {
        this.pos = start;
        return false;
      }
      bytes[pos + i] = unit;
    }
    this.pos = pos + length;
    return true;
  }

  private size(size: number | bigint): void {
    this.reserve(8);
    if (typeof size === 'bigint') {
      this.pos = this.bytes.writeBigUInt64BE(size, this.pos);
    } else {
      this.pos = this.bytes.writeUInt32BE(Math.floor(size / TWO_32), this.pos);
      this.pos = this.bytes.writeUInt32BE(size % TWO_32, this.pos);
    }
  }

  private double(n: number): void {
    this.reserve(8);
    this.pos = this.bytes.writeDoubleLE(n, this.pos);
  }

  private byte(n: number): void {
    this.reserve(1);
    this.bytes[this.pos++] = n;
  }

  /** Zig-zag varint of an integer below 2^52. */
  private long(n: number): void {
    this.reserve(LONG_BYTES);
    let u = n < 0 ? -2 * n - 1 : 2 * n;
    for (; u >= 0x80; u = Math.floor(u / 128)) this.bytes[this.pos++] = (u % 128) | 0x80;
    this.bytes[this.pos++] = u;
  }

  private bigLong(n: bigint): void {
    const small = Number(n);
    if (Math.abs(small) < 2 ** 52) {
      this.long(small);
      return;
    }
    this.reserve(LONG_BYTES);
    let u = BigInt.asUintN(64, (n << 1n) ^ (n >> 63n));
    for (; u >= 0x80n; u >>= 7n) this.bytes[this.pos++] = Number(u & 0x7fn) | 0x80;
    this.bytes[this.pos++] = Number(u);
  }

  private reserve(count: number): void {
    if (this.pos + count <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.pos + count));
    this.bytes.copy(larger, 0, 0, this.pos);
    this.bytes = larger;
  }
}
