/** Events to records: raw Avro as the dispatcher writes it, and the framed form with a schema id before it (spec 01 §2.1). */
import type { BinaryEvent, EventByModel, EventSource, Model, StatusEvent } from '../schemas/events.js';
import type { FieldLayout, RecordLayout } from '../schemas/layout.js';
import { LAYOUTS } from '../schemas/layout.js';
import type { WireVersion } from './avro-schema.js';
import { RecordWriter } from './avro-writer.js';

export type { WireVersion } from './avro-schema.js';

export interface EncodeOptions {
  /** Model version to write, 6 unless told. Version 4 has no source settings: see `droppedSettings`. */
  readonly version?: WireVersion;
}

/** A magic byte and a 4-byte schema id. */
export const FRAME_BYTES = 5;

/** Records that had `file_format_legacy`, always before `file_format`, up to version 5 (spec 01 §6). */
const HAD_LEGACY: ReadonlySet<string> = new Set(['EventSourcePathNode', 'BinaryEntity', 'BinaryEntityDatastream']);

/** How a record of version 6 looks on the wire in an older version; worked out once for each record. */
function wireFieldsOf(version: WireVersion): (layout: RecordLayout) => readonly (FieldLayout | string)[] {
  const known = new Map<RecordLayout, readonly (FieldLayout | string)[]>();
  return (layout) => {
    let fields = known.get(layout);
    if (fields === undefined) {
      fields = layout.fields.flatMap((field) => {
        if (version < 5 && layout.name === 'EventSource' && field.name === 'settings') return [];
        const legacy = version < 6 && HAD_LEGACY.has(layout.name) && field.name === 'file_format';
        return legacy ? ['file_format_legacy', field] : [field];
      });
      known.set(layout, fields);
    }
    return fields;
  };
}

const writers = new Map<WireVersion, RecordWriter>();

/**
 * Raw Avro bytes of an event. What is `undefined` is written as the zero value. Throws a RangeError for a string of more
 * than 1 048 576 bytes, which could not be read back, and for a size outside of unsigned 64 bits.
 */
export function encodeEvent<M extends Model>(model: M, event: EventByModel[M], options: EncodeOptions = {}): Buffer {
  const version = options.version ?? 6;
  let writer = writers.get(version);
  if (writer === undefined) writers.set(version, (writer = new RecordWriter(wireFieldsOf(version))));
  return writer.write(LAYOUTS[model], event as unknown as Readonly<Record<string, unknown>>, version);
}

/** The Confluent wire format: 0x00, the schema id (unsigned 32-bit big-endian), the record. */
export function encodeFramed(schemaId: number, record: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(FRAME_BYTES + record.length);
  framed[0] = 0;
  framed.writeUInt32BE(schemaId, 1);
  record.copy(framed, FRAME_BYTES);
  return framed;
}

/** How many source settings version 4 can't carry: those of the event, or of a status's input and results. */
export function droppedSettings<M extends Model>(model: M, event: EventByModel[M]): number {
  if (model === 'binary' || model === 'download') return settingsOf((event as BinaryEvent).source);
  if (model !== 'status') return 0;
  const { input, results } = (event as StatusEvent).entity;
  return results.reduce((sum, result) => sum + settingsOf(result.source), settingsOf(input.source));
}

function settingsOf(source: EventSource): number {
  return source.settings === undefined ? 0 : Object.keys(source.settings).length;
}
