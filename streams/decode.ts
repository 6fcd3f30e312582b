/**
 * Record values to events (spec 01 §2). A record is written raw, its own first number naming the schema, or framed with the
 * id of a registered schema before it. Decoding says only what the bytes hold; whether an event is acceptable is
 * `validateEvent`'s business.
 */
import { MODELS, type EventByModel, type Model } from '../schemas/events.js';
import type { RecordLayout } from '../schemas/layout.js';
import { LAYOUTS } from '../schemas/layout.js';
import { Cursor, MalformedError } from './avro-cursor.js';
import type { RecordReader } from './avro-reader.js';
import { compileReader } from './avro-reader.js';
import type { WireVersion } from './avro-schema.js';
import { parseSchema, schemaText } from './avro-schema.js';
import { FRAME_BYTES } from './encode.js';
import type { SchemaRegistry } from './registry.js';
import type { StatusResults } from './status-results.js';
import { STATUS_RESULTS_LAYOUT, statusResults } from './status-results.js';

export type { StatusResults } from './status-results.js';

/** What can be decoded to: the seven kinds of event, and a status for its results alone. */
export interface EventByForm extends EventByModel {
  'status-results': StatusResults;
}
export type Form = keyof EventByForm;

export type DecodeOutcome<E> =
  | { readonly kind: 'event'; readonly event: E; /** The frame included. */ readonly bytesRead: number }
  | { readonly kind: 'tombstone' }
  | { readonly kind: 'malformed'; readonly reason: string }
  /** Framed, the schema not yet known here: wait for `resolve(schemaId)`, then decode again. */
  | { readonly kind: 'unresolved'; readonly schemaId: number };

export interface Decoder {
  /**
   * Decodes one record value; null or empty is a tombstone. Never throws for what a record holds. With a `part` (`partOf` the form's layout) the event
   * has the fields of that part only; the outcome is of the same kind either way.
   */
  decode<F extends Form>(form: F, value: Buffer | null, part?: RecordLayout): DecodeOutcome<EventByForm[F]>;
  /** Fetches a schema for `decode`. An id unknown to the registry is no error here; rejects (retriably) when the registry can't be reached. */
  resolve(schemaId: number): Promise<void>;
}

export interface DecoderOptions {
  /** Without one, the record behind a frame is read by its own version number. */
  readonly registry?: SchemaRegistry | undefined;
}

const FORMS: readonly Form[] = [...MODELS, 'status-results'];
const TOMBSTONE = { kind: 'tombstone' } as const;
/** First bytes of a record that names version 4, 5 or 6. */
const VERSION_BYTES: ReadonlySet<number> = new Set([0x08, 0x0a, 0x0c]);

/** A decoder with its own compiled readers; `decode` is synchronous. */
export function createDecoder(options: DecoderOptions = {}): Decoder {
  const { registry } = options;
  const cursor = new Cursor();
  const whole = Object.fromEntries(FORMS.map((form) => [form, createReaders(form, layoutOf(form))])) as Record<Form, Readers>;
  /** They go with the part. */
  const partial = new WeakMap<RecordLayout, Readers>();

  function readersOf(form: Form, part: RecordLayout): Readers {
    let readers = partial.get(part);
    if (readers === undefined) partial.set(part, (readers = createReaders(form, part)));
    return readers;
  }

  function read(readers: Readers, reader: RecordReader, value: Buffer, start: number): unknown {
    cursor.reset(value, start);
    const event = reader(cursor);
    return readers.form === 'status-results' ? statusResults(event) : event;
  }

  /** Reads a raw record from `start` by its own version; `exact` refuses trailing bytes. */
  function readRaw(readers: Readers, value: Buffer, start: number, exact: boolean): DecodeOutcome<unknown> {
    const event = read(readers, ownReader(readers, wireVersion(value, start)), value, start);
    if (exact && cursor.pos < value.length) throw trailing(value.length - cursor.pos);
    return { kind: 'event', event, bytesRead: cursor.pos };
  }

  function readFramed(readers: Readers, value: Buffer): DecodeOutcome<unknown> {
    if (registry === undefined) return readRaw(readers, value, FRAME_BYTES, true);
    const schemaId = value.readUInt32BE(1);
    const reader = foreignReader(readers, schemaId);
    if (reader === undefined) return { kind: 'unresolved', schemaId };
    if (typeof reader === 'string') return { kind: 'malformed', reason: reader };
    const event = read(readers, reader, value, FRAME_BYTES);
    if (cursor.pos < value.length) throw trailing(value.length - cursor.pos);
    return { kind: 'event', event, bytesRead: cursor.pos };
  }

  /** Reader for a registered schema, or why there is none; undefined while the schema has to be fetched. */
  function foreignReader({ form, layout, foreign }: Readers, schemaId: number): RecordReader | string | undefined {
    const known = foreign.get(schemaId);
    if (known !== undefined) return known;
    const found = registry?.cached(schemaId);
    if (found === undefined) return undefined;
    if (found.kind === 'unknown') return found.reason;
    const reader = compileForeign(form, layout, schemaId, found.schema);
    foreign.set(schemaId, reader);
    return reader;
  }

  /** A value that begins with 0x00: a legacy record of version 0, or a frame (spec 01 §2.1, table). */
  function decodeZero(readers: Readers, value: Buffer): DecodeOutcome<unknown> {
    if (value.length > FRAME_BYTES && value[1] === 0 && VERSION_BYTES.has(value[FRAME_BYTES]!)) return readFramed(readers, value);
    const legacy = attempt(() => readRaw(readers, value, 0, true));
    if (legacy.kind !== 'malformed' || value.length <= FRAME_BYTES) return legacy;
    const framed = attempt(() => readRaw(readers, value, FRAME_BYTES, true));
    return framed.kind === 'malformed' ? legacy : readFramed(readers, value);
  }

  function decodeWith(readers: Readers, value: Buffer): DecodeOutcome<unknown> {
    try {
      return attempt(() => (value[0] === 0 ? decodeZero(readers, value) : readRaw(readers, value, 0, false)));
    } finally {
      cursor.release();
    }
  }

  return {
    decode<F extends Form>(form: F, value: Buffer | null, part?: RecordLayout) {
      if (value === null || value.length === 0) return TOMBSTONE;
      let outcome = decodeWith(part === undefined ? whole[form] : readersOf(form, part), value);
      // What a refusal says does not depend on what was asked for.
      if (part !== undefined && outcome.kind === 'malformed') outcome = decodeWith(whole[form], value);
      return outcome as DecodeOutcome<EventByForm[F]>;
    },
    async resolve(schemaId) {
      await registry?.fetch(schemaId);
    },
  };
}

/** The readers of one layout, each compiled when it is first needed. */
interface Readers {
  readonly form: Form;
  readonly layout: RecordLayout;
  readonly own: Map<WireVersion, RecordReader>;
  /** For a registered schema, or why there is none. */
  readonly foreign: Map<number, RecordReader | string>;
}

function createReaders(form: Form, layout: RecordLayout): Readers {
  return { form, layout, own: new Map(), foreign: new Map() };
}

function ownReader({ form, layout, own }: Readers, version: WireVersion): RecordReader {
  let reader = own.get(version);
  if (reader === undefined) own.set(version, (reader = compileReader(parseSchema(schemaText(modelOf(form), version)), layout)));
  return reader;
}

/** What the bytes are to blame for becomes an outcome; a RangeError is the stack, exhausted by a schema that contains itself. */
function attempt<E>(read: () => DecodeOutcome<E>): DecodeOutcome<E> {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedError || error instanceof RangeError) return { kind: 'malformed', reason: error.message };
    throw error;
  }
}

function trailing(count: number): MalformedError {
  return new MalformedError(`${count} bytes behind the end of the record`);
}

function compileForeign(form: Form, layout: RecordLayout, schemaId: number, schema: string): RecordReader | string {
  try {
    return compileReader(parseSchema(schema), layout);
  } catch (error) {
    return `schema ${schemaId} can't be read as ${modelOf(form)}: ${(error as Error).message}`;
  }
}

function modelOf(form: Form): Model {
  return form === 'status-results' ? 'status' : form;
}

function layoutOf(form: Form): RecordLayout {
  return form === 'status-results' ? STATUS_RESULTS_LAYOUT : LAYOUTS[form];
}

/**
 * Version by the first number of a record: a zig-zag varint of 32 bits, at most 5 bytes; overflow and a missing end count
 * as 0, and all but 4, 5 and 6 means 4 (spec 01 §2.1).
 */
export function wireVersion(value: Buffer, start: number): WireVersion {
  let n = 0;
  for (let i = 0; i < 5; i++) {
    const byte = value[start + i];
    if (byte === undefined) return 4;
    n |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) return n === 0x0a ? 5 : n === 0x0c ? 6 : 4;
  }
  return 4;
}
