/**
 * What one record means for one projection: decoded, validated and folded, or the reason why not. No I/O but a schema look-up
 * for framed records whose schema is seen for the first time.
 */
import type { Logger } from 'pino';
import type { Projection, Reading } from '../../projections/index.js';
import type { Tables } from '../../projections/removal/tables.js';
import type { ProjectionSettings } from '../../projections/settings.js';
import type { FoldResult } from '../../projections/types.js';
import type { Micros } from '../../schemas/events.js';
import { validateEvent } from '../../schemas/validate.js';
import { keyText, type RawRecord } from '../../streams/consumer.js';
import type { Decoder } from '../../streams/decode.js';
import { lookUpSchema } from '../schema-lookup.js';
import { readingOf } from './binding.js';

/** A record's class of refusal: those of the projections, and one for what no rule foresaw. */
export interface RecordRefusal {
  readonly class: string;
  readonly reason: string;
  readonly eventKey: string;
  /** Of a derived child: keys of the inserts applied. */
  readonly insertKeys?: readonly string[];
}

export interface Judged {
  readonly kind: 'folded';
  readonly result: Omit<FoldResult, 'refusals'> & { readonly refusals: readonly RecordRefusal[] };
}

export type Judgement = Judged | { readonly kind: 'tombstone' };

export interface Unresolved {
  readonly kind: 'unresolved';
  readonly schemaId: number;
}

export interface Judge {
  /** Whether the projection reads this topic. */
  reads(topic: string): boolean;
  /** `now`: the instant of the batch, for expiry. */
  judge(record: RawRecord, now: Micros): Judgement | Unresolved;
  /** Looks the schema up, for as long as it takes, and judges again. Rejects only when `signal` fires. */
  resolve(unresolved: Unresolved, record: RawRecord, now: Micros): Promise<Judgement>;
}

export interface JudgeDependencies {
  readonly projection: Projection;
  readonly settings: ProjectionSettings;
  readonly decoder: Decoder;
  /** Asked anew for each record: what is added between two records counts for the second. */
  readonly tables: Tables;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const TOMBSTONE: Judgement = { kind: 'tombstone' };

export function createJudge({ projection, settings, decoder, tables, log, signal }: JudgeDependencies): Judge {
  const readings = new Map<string, Reading>();

  function readingFor(topic: string): Reading {
    const known = readings.get(topic);
    if (known) return known;
    const reading = readingOf(projection, topic);
    if (!reading) throw new Error(`projection ${projection.name} was given a record of topic "${topic}", which it does not read`);
    readings.set(topic, reading);
    return reading;
  }

  function fold(reading: Reading, record: RawRecord, event: unknown, now: Micros): Judgement {
    const key = keyText(record);
    const streamRecord = { topic: record.topic, partition: record.partition, offset: record.offset, key, event };
    try {
      // The form decides the event's type; the compiler can't follow it from the reading to the record.
      const result = (reading.fold as (r: unknown, ...rest: [ProjectionSettings, Micros, Tables]) => FoldResult)(
        streamRecord,
        settings,
        now,
        tables,
      );
      return { kind: 'folded', result };
    } catch (error) {
      log.error({ err: error, topic: record.topic, partition: record.partition, offset: record.offset }, 'fold failed on a record');
      return refused('InternalError', error instanceof Error ? `${error.name}: ${error.message}` : String(error), key);
    }
  }

  function judge(record: RawRecord, now: Micros): Judgement | Unresolved {
    const reading = readingFor(record.topic);
    const outcome = decoder.decode(reading.form, record.value);
    if (outcome.kind === 'tombstone') return TOMBSTONE;
    if (outcome.kind === 'unresolved') return outcome;
    if (outcome.kind === 'malformed') return refused('Malformed', outcome.reason, keyText(record));
    const invalid = reading.form === 'status-results' ? undefined : invalidity(reading.form, outcome.event);
    return invalid === undefined ? fold(reading, record, outcome.event, now) : refused('ValidationError', invalid, keyText(record));
  }

  async function resolve({ schemaId }: Unresolved, record: RawRecord, now: Micros): Promise<Judgement> {
    for (;;) {
      await lookUpSchema(decoder, schemaId, { log, signal });
      const judgement = judge(record, now);
      if (judgement.kind !== 'unresolved') return judgement;
    }
  }

  return { reads: (topic) => readingOf(projection, topic) !== undefined, judge, resolve };
}

/** What a record means at `now`; a schema that is not known yet is looked up. */
export async function judgeResolved(judge: Judge, record: RawRecord, now: Micros): Promise<Judgement> {
  const first = judge.judge(record, now);
  return first.kind === 'unresolved' ? judge.resolve(first, record, now) : first;
}

/** The model's reason against an event; a binary without a key is skipped by its fold, not refused (spec 02 §6). */
function invalidity(form: 'binary' | 'status' | 'plugin' | 'download', event: unknown): string | undefined {
  if (form === 'binary' && (event as { kafka_key: string }).kafka_key === '') return undefined;
  return validateEvent(form, event as never, { infoParsedLater: form === 'binary' });
}

function refused(refusalClass: string, reason: string, eventKey: string): Judgement {
  return { kind: 'folded', result: { writes: [], refusals: [{ class: refusalClass, reason, eventKey }], skips: [] } };
}
