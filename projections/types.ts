/** The vocabulary of projections: what goes in, what comes out. Pure types; spec 00 "The fold". */
import type { EventAuthor, Micros } from '../schemas/events.js';

/** Where a record stands in the log. Offsets are below 2^53: the client delivers them as numbers. */
export interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** A decoded, validated record: one event with its position and the Kafka record's own key. */
export interface StreamRecord<E> extends Position {
  readonly key: string;
  readonly event: E;
}

/** One of the events that a derived child comes from. */
export interface Ancestor {
  readonly timestamp: Micros;
  /** Its own track tokens. */
  readonly tokens: readonly string[];
}

/**
 * One surviving event's claim to a document. Identity is (topic, partition, recordKey, eventKey, insertKeys);
 * the offsets say which of two contributions of one identity stands; the rest orders identities (spec 00 "Contributions").
 */
export interface Claim {
  readonly topic: string;
  readonly partition: number;
  readonly recordKey: string;
  readonly eventKey: string;
  readonly insertKeys: readonly string[];
  readonly offset: number;
  readonly insertOffsets: readonly number[];
  /** The event's own time; of a derived child the later of the parent's and the insert's. */
  readonly timestamp: Micros;
  /** The time of the record's own event; equals `timestamp` unless the event is derived. */
  readonly recordTimestamp: Micros;
  /** Source name and time of a binary event: age-off reads them, because enriched documents show no source. */
  readonly source: string | undefined;
  readonly sourceTimestamp: Micros | undefined;
}

/** A claim with all that it can be looked up by. */
export interface Contribution extends Claim {
  /** Track tokens, see projections/tokens.ts; of a derived child also those of the events that it comes from. */
  readonly tokens: readonly string[];
  /** Of a derived child only: the events that it comes from, the first of them not derived. A delete of any takes the child along. */
  readonly lineage?: readonly Ancestor[];
}

/** JSON text put into a document as it stands. Made by `rawJson` only. */
export interface RawJson {
  readonly rawJson: string;
}

export type DocumentValue =
  string | number | bigint | boolean | null | RawJson | readonly DocumentValue[] | { readonly [field: string]: DocumentValue | undefined };

/** A document's `_source` without `fold`. Fields that are `undefined` are not written. */
export type DocumentBody = { readonly [field: string]: DocumentValue | undefined };

/** A document that one event asks for. */
export interface DocumentWrite {
  /** Concrete index, the generation being part of the partition name. */
  readonly index: string;
  readonly id: string;
  /** Required for binary2 (the sha256), absent elsewhere. */
  readonly routing: string | undefined;
  readonly body: DocumentBody;
  readonly contribution: Contribution;
  /** An earlier record of its key may have made the document in another index: it has to be looked for (spec 02 §5.3). */
  readonly moved?: boolean;
}

/** Class of a refusal as spec 02 §6 names it; it goes into the dead letter. */
export type RefusalClass =
  | 'Malformed'
  | 'ValidationError'
  | 'PreprocessException'
  | 'BaseAzulException'
  | 'BadSourceException'
  | 'ApiException'
  | 'KeyError'
  | 'IndexError'
  | 'SecurityParseException'
  | 'AttributeError'
  | 'TypeError'
  | 'ValueError';

export interface Refusal {
  readonly class: RefusalClass;
  /** Names the field, the value and what was expected. */
  readonly reason: string;
  /** Event key of the refused event when it is not the record's own (a status result, a derived child). */
  readonly eventKey: string;
  /** Of a derived child: keys of the inserts applied. */
  readonly insertKeys?: readonly string[];
}

/** Why an event that is in order contributes nothing. Counted, no dead letter. */
export type SkipReason = 'expired' | 'too-deep' | 'no-key' | 'deleted' | 'invalid-child';

export interface Skip {
  readonly reason: SkipReason;
  readonly eventKey: string;
  /** Author of the event: what is skipped is counted by plugin. */
  readonly author: Pick<EventAuthor, 'name' | 'version'>;
  /** Key of the delete event that covers it, for `deleted`. */
  readonly by?: string;
  /** Of a derived child: keys of the inserts applied. */
  readonly insertKeys?: readonly string[];
}

/** What one record folds to. A record of several events (status results, derived children) may have something in each list. */
export interface FoldResult {
  readonly writes: readonly DocumentWrite[];
  readonly refusals: readonly Refusal[];
  readonly skips: readonly Skip[];
}
