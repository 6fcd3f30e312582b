/** The event behind a contribution as the log holds it, made again from its record, and what decides who may see it. Pure. */
import { deriveChild, insertsFor } from '../../../projections/binary/derive.js';
import { eventLabels } from '../../../projections/binary/project.js';
import { normalisedLabel } from '../../../projections/labels.js';
import type { Tables } from '../../../projections/removal/tables.js';
import type { EncodedSecurity } from '../../../projections/security/encode.js';
import { SecurityError } from '../../../projections/security/errors.js';
import type { SecurityPolicy } from '../../../projections/security/policy.js';
import { sourcedLabels } from '../../../projections/status/document.js';
import type { Contribution } from '../../../projections/types.js';
import { STATUS_SUCCESS } from '../../../schemas/enums.js';
import type { BinaryEvent, DownloadEvent, StatusEvent } from '../../../schemas/events.js';
import { withIdentity } from '../../../schemas/identity.js';
import { kindOfTopic } from '../../../streams/topics.js';
import type { Listed } from './documents.js';

/** A record's own event. */
export type RecordEvent =
  | { readonly model: 'binary'; readonly event: BinaryEvent }
  | { readonly model: 'status'; readonly event: StatusEvent }
  | { readonly model: 'download'; readonly event: DownloadEvent };

/** A record that was read, with the binary events that it holds: its own, or the results that it publishes. */
export interface LoggedRecord {
  readonly key: string;
  readonly own: RecordEvent;
  readonly binaries: readonly BinaryEvent[];
}

export interface LoggedEvent {
  readonly own: RecordEvent;
  /** The record's own, when the event is one of its results or derived from it. */
  readonly origin: RecordEvent | undefined;
  /** Binary events: itself and those that it is derived from. */
  readonly lineage: readonly BinaryEvent[];
}

/** The model of the records that a topic has for documents. */
export function modelOfRecords(topic: string): RecordEvent['model'] | undefined {
  const kind = kindOfTopic(topic);
  if (kind === 'binary' || kind === 'expedite') return 'binary';
  return kind === 'status' || kind === 'download' ? kind : undefined;
}

export function loggedRecord(key: string, own: RecordEvent): LoggedRecord {
  return { key, own, binaries: binaryEvents(own) };
}

/** The event of a contribution; undefined when its record does not make it as it was, because an insert was changed or removed since. */
export function loggedEvent(
  { key, own, binaries }: LoggedRecord,
  claim: Contribution,
  docname: Listed,
  inserts: Tables['inserts'],
): LoggedEvent | undefined {
  if (key !== claim.recordKey) return undefined;
  if (docname === 'status') {
    const same = own.model !== 'binary' && own.event.kafka_key === claim.eventKey;
    return same ? { own, origin: undefined, lineage: [] } : undefined;
  }
  for (const start of binaries) {
    const lineage = derivation(start, claim, inserts);
    const event = lineage?.at(-1);
    if (lineage === undefined || event?.kafka_key !== claim.eventKey || event.timestamp !== claim.timestamp) continue;
    return { own: { model: 'binary', event }, origin: own.event === event ? undefined : own, lineage };
  }
  return undefined;
}

function binaryEvents({ model, event }: RecordEvent): readonly BinaryEvent[] {
  if (model === 'binary') return [event];
  const publishes = model === 'status' && (STATUS_SUCCESS as readonly string[]).includes(event.entity.status);
  return publishes ? event.entity.results.map(withIdentity) : [];
}

/** The event and, one after the other, what the claim's inserts derive from it; undefined when one of them does not apply as it did. */
function derivation(start: BinaryEvent, claim: Contribution, inserts: Tables['inserts']): readonly BinaryEvent[] | undefined {
  const lineage = [start];
  for (const [at, key] of claim.insertKeys.entries()) {
    const parent = lineage.at(-1)!;
    const insert = insertsFor(parent, inserts).find((one) => one.key === key && one.offset === claim.insertOffsets[at]);
    if (insert === undefined) return undefined;
    lineage.push(deriveChild(parent, insert.event).event);
  }
  return lineage;
}

/** The label of an event, combined as for its document (spec 02 §4.4, 5.1, 5.2). Undefined, which is nobody's, when its parts have no common reader. */
export function labelOf({ model, event }: RecordEvent, policy: SecurityPolicy): EncodedSecurity | undefined {
  try {
    if (model === 'binary') return eventLabels(event, { security: policy }).document.encoded;
    const source = model === 'status' ? event.entity.input.source : event.source;
    return sourcedLabels(normalisedLabel(policy, event.author.security), source, { security: policy }).encoded;
  } catch (error) {
    if (error instanceof SecurityError) return undefined;
    throw error;
  }
}

/** Binary events that stand inside of an event. */
export function eventsInside({ model, event }: RecordEvent): readonly BinaryEvent[] {
  return model === 'status' ? [event.entity.input, ...event.entity.results] : [];
}
