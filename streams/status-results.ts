/** The part of a status event that the binary projection reads: its input is skipped but for two flags (spec 01 §10.3). */
import type { BinaryEvent, Micros } from '../schemas/events.js';
import type { FieldLayout, RecordLayout } from '../schemas/layout.js';
import { LAYOUTS, recordOf } from '../schemas/layout.js';

/** What a status event's results are made from; the rest of it stays undecoded (spec 01 §10.3). */
export interface StatusResults {
  kafka_key: string;
  timestamp: Micros;
  status: string;
  /** Of the status's input. */
  flags: { bypass_cache: boolean; expedite: boolean };
  results: BinaryEvent[];
}

function fieldOf(layout: RecordLayout, name: string): FieldLayout {
  const field = layout.fields.find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`${layout.name} has no field ${name}`);
  return field;
}

/** A layout with some fields only, some of them cut down in turn. */
function part(layout: RecordLayout, ...fields: readonly (string | FieldLayout)[]): RecordLayout {
  return { name: layout.name, fields: fields.map((field) => (typeof field === 'string' ? fieldOf(layout, field) : field)) };
}

function cut(field: FieldLayout, ...fields: readonly (string | FieldLayout)[]): FieldLayout {
  return { ...field, record: part(recordOf(field), ...fields) };
}

const status = LAYOUTS.status;
const entity = fieldOf(status, 'entity');
const input = fieldOf(recordOf(entity), 'input');
const flags = fieldOf(recordOf(input), 'flags');

/** What a reader has to be compiled for. */
export const STATUS_RESULTS_LAYOUT: RecordLayout = part(
  status,
  'kafka_key',
  'timestamp',
  cut(entity, cut(input, cut(flags, 'bypass_cache', 'expedite')), 'status', 'results'),
);

interface PartialStatus {
  kafka_key: string;
  timestamp: Micros;
  entity: { input: { flags: StatusResults['flags'] }; status: string; results: BinaryEvent[] };
}

/** What such a reader returns, in one level. */
export function statusResults(decoded: unknown): StatusResults {
  const { kafka_key, timestamp, entity: body } = decoded as PartialStatus;
  return { kafka_key, timestamp, status: body.status, flags: body.input.flags, results: body.results };
}
