/** Records to events, once for all tasks that read them: decoded, validated, with few enough path nodes to be rows (spec 07 §2). */
import type { Logger } from 'pino';
import { rowFault } from '../../../projections/collections/tables/index.js';
import type { CompiledQuery, EventTable, PlacedEvent } from '../../../projections/collections/types.js';
import { LAYOUTS, type RecordLayout } from '../../../schemas/layout.js';
import { partOf } from '../../../schemas/parts.js';
import { validateEvent } from '../../../schemas/validate.js';
import type { RawRecord } from '../../../streams/consumer.js';
import type { Decoder } from '../../../streams/decode.js';
import { modelOfTopic } from '../../../streams/topics.js';
import { lookUpSchema } from '../../schema-lookup.js';

export type ReadRecord =
  | { readonly kind: 'event'; readonly model: EventTable['model']; readonly placed: PlacedEvent }
  | { readonly kind: 'tombstone'; readonly model: EventTable['model'] }
  /** No row for anybody: the fold dead-letters it. */
  | { readonly kind: 'refused'; readonly reason: string };

export interface RecordReader {
  /**
   * Asynchronous only while a schema is looked up. Rejects only when the signal fires. Of events that `parts` names nothing but those parts is there; what becomes
   * of a record does not depend on them.
   */
  read(record: RawRecord, parts: EventParts): ReadRecord | Promise<ReadRecord>;
}

/** What is read of events, by their model; those of other models are read whole. */
export type EventParts = ReadonlyMap<EventTable['model'], EventPart>;

interface EventPart {
  readonly paths: string;
  readonly layout: RecordLayout;
}

/** What some queries read together. What has not changed since `before` stays the same part: a reader is compiled for each. */
export function eventParts(queries: Iterable<Pick<CompiledQuery, 'table' | 'parts'>>, before: EventParts = new Map()): EventParts {
  const wanted = new Map<EventTable['model'], Set<string> | undefined>();
  for (const { table, parts } of queries) {
    const { model } = table;
    // Tables of one model have parts or not alike.
    wanted.set(model, parts && new Set([...(wanted.get(model) ?? []), ...parts]));
  }
  const found = new Map<EventTable['model'], EventPart>();
  for (const [model, set] of wanted) {
    if (set === undefined) continue;
    const paths = [...set].sort().join(' ');
    const known = before.get(model);
    found.set(model, known?.paths === paths ? known : { paths, layout: partOf(LAYOUTS[model], set) });
  }
  return found;
}

export function createRecordReader(
  decoder: Decoder,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): RecordReader {
  const models = new Map<string, EventTable['model'] | undefined>();

  function modelOf(topic: string): EventTable['model'] | undefined {
    if (!models.has(topic)) {
      const model = modelOfTopic(topic);
      models.set(topic, model === 'retrohunt' ? undefined : model);
    }
    return models.get(topic);
  }

  function read(record: RawRecord, parts: EventParts): ReadRecord | Promise<ReadRecord> {
    const { topic, partition, offset } = record;
    const model = modelOf(topic);
    if (model === undefined) return { kind: 'refused', reason: 'no event topic' };
    const outcome = decoder.decode(model, record.value, parts.get(model)?.layout);
    if (outcome.kind === 'tombstone') return { kind: 'tombstone', model };
    if (outcome.kind === 'malformed') return { kind: 'refused', reason: outcome.reason };
    if (outcome.kind === 'unresolved') return lookUpSchema(decoder, outcome.schemaId, { log, signal }).then(() => read(record, parts));
    const { event } = outcome;
    if (model === 'binary' && event.kafka_key === '') return { kind: 'refused', reason: 'kafka_key is empty' };
    const placed = { topic, partition, offset, event };
    const reason = validateEvent(model, event as never) ?? rowFault(placed);
    return reason === undefined ? { kind: 'event', model, placed } : { kind: 'refused', reason };
  }

  return { read };
}
