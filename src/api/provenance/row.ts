/** What a caller is told of one contribution, or that it is told nothing (spec 04 §15). Pure. */
import { rawJson } from '../../../projections/json.js';
import type { SecurityPolicy } from '../../../projections/security/policy.js';
import type { Contribution, DocumentBody } from '../../../projections/types.js';
import type { BinaryEvent } from '../../../schemas/events.js';
import { eventToJson } from '../../../schemas/json-form.js';
import { utcTime } from '../../../schemas/time.js';
import type { ReadRule } from '../../access/read-rule.js';
import type { KnownDelete, LogTables } from '../../tables/log-tables.js';
import type { ProvenanceDocument } from './documents.js';
import { eventsInside, labelOf, loggedEvent, type LoggedEvent, type LoggedRecord, type RecordEvent } from './logged-event.js';

export interface Candidate {
  readonly document: ProvenanceDocument;
  readonly claim: Contribution;
  readonly wins: boolean;
}

export interface Row extends Candidate {
  readonly contribution: DocumentBody;
  readonly moment: DocumentBody;
  /** Characters of the event. */
  readonly size: number;
}

export interface Judge {
  readonly rule: ReadRule;
  readonly admin: boolean;
  readonly policy: SecurityPolicy;
  readonly tables: LogTables;
}

/**
 * The row of a contribution for a caller; undefined when it is not the caller's to see. `record`: undefined when the log has none at its
 * position. The key and position of a record whose own event the caller may not see stay out of the row of what is derived from it.
 */
export function rowOf(candidate: Candidate, record: LoggedRecord | undefined, judge: Judge): Row | undefined {
  const { document, claim, wins } = candidate;
  const { rule, admin, policy, tables } = judge;
  const logged = record && loggedEvent(record, claim, document.docname, tables.inserts);
  const visible = logged === undefined ? wins : rule.mayRead(labelOf(logged.own, policy));
  if (!visible) return undefined;
  const deletion = deletionOf(candidate, logged, tables);
  if (deletion !== undefined && !admin) return undefined;
  const state = deletion !== undefined ? 'deleted' : logged === undefined ? 'compacted' : wins ? 'winner' : 'loser';
  const event = logged === undefined || deletion !== undefined ? undefined : eventText(logged.own, judge);
  const contribution = {
    ...identity(candidate, logged, judge),
    timestamp: utcTime(claim.timestamp),
    state,
    event: event === undefined ? undefined : rawJson(event),
    delete: deletion && { key: deletion.key, timestamp: utcTime(deletion.event.timestamp), action: deletion.event.action },
  };
  const moment = {
    timestamp: contribution.timestamp,
    document: document.id,
    key: claim.eventKey,
    ...(deletion === undefined && told(document, logged)),
    state,
  };
  return { ...candidate, contribution, moment, size: event?.length ?? 0 };
}

function identity({ claim }: Candidate, logged: LoggedEvent | undefined, { rule, policy }: Judge): DocumentBody {
  const { eventKey: key, recordKey, insertKeys, topic, partition, offset } = claim;
  const isRecord = recordKey === key && insertKeys.length === 0;
  const origin = logged?.origin;
  const known = isRecord || (logged !== undefined && (origin === undefined || rule.mayRead(labelOf(origin, policy))));
  return {
    key,
    recordKey: known && recordKey !== key ? recordKey : undefined,
    insertKeys: insertKeys.length === 0 ? undefined : insertKeys,
    position: known ? { topic, partition, offset } : undefined,
  };
}

/** The delete that takes a contribution away: by what it remembers, or by its event. Only binary events are deleted (spec 01 §10.1). */
function deletionOf({ document, claim }: Candidate, logged: LoggedEvent | undefined, tables: LogTables): KnownDelete | undefined {
  if (document.docname !== 'binary2') return undefined;
  const remembered = tables.deleteOf(claim);
  if (remembered !== undefined || logged === undefined) return remembered;
  for (const event of logged.lineage) {
    const match = tables.deletes.matches(event);
    if (match !== undefined) return tables.delete(match.deleteKey);
  }
  return undefined;
}

/**
 * The JSON form of an event (spec 01 §5). Undefined for one that holds an event which the caller may not see or which is deleted, such as the status of
 * a binary that is gone, and for one that is no JSON.
 */
function eventText(own: RecordEvent, { rule, policy, tables }: Judge): string | undefined {
  const hidden = (event: BinaryEvent): boolean =>
    tables.deletes.matches(event) !== undefined || !rule.mayRead(labelOf({ model: 'binary', event }, policy));
  if (eventsInside(own).some(hidden)) return undefined;
  try {
    const text = eventToJson(own.model, own.event as never);
    // `info` stands in it as it was written.
    JSON.parse(text);
    return text;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Action and author: of the event, or of the document that shows it. */
function told({ action, author }: ProvenanceDocument, logged: LoggedEvent | undefined): DocumentBody {
  if (logged === undefined) return { action, author: authorOf(author) };
  const { event } = logged.own;
  return { action: 'action' in event ? event.action : undefined, author: authorOf(event.author) };
}

function authorOf(author: unknown): DocumentBody | undefined {
  if (typeof author !== 'object' || author === null) return undefined;
  const { category, name, version } = author as Readonly<Record<'category' | 'name' | 'version', string | null | undefined>>;
  return { category: category ?? '', name: name ?? '', ...(version ? { version } : {}) };
}
