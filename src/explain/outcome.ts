import { sameIdentity } from '../../projections/contribution.js';
import type { Claim, DocumentWrite, Skip } from '../../projections/types.js';
import type { LogTables } from '../tables/log-tables.js';
import type { Judgement } from '../worker/judge.js';
import type { DeleteShown, EventShown, Outcome } from './types.js';
import { utcTime } from '../../schemas/time.js';

export function deleteShown(tables: LogTables, key: string | undefined): DeleteShown | null {
  const known = key === undefined ? undefined : tables.delete(key);
  if (known === undefined) return null;
  const { topic, partition, offset } = known.position;
  return { key: known.key, action: known.event.action, topic, partition, offset };
}

/** Whether two lists of insert keys are the same. */
export function sameInserts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, at) => key === b[at]);
}

/** What becomes of the event of a claim when its record is judged now. */
export function outcomeOf(claim: Claim, id: string, judgement: Judgement, tables: LogTables): Outcome {
  if (judgement.kind === 'tombstone') return { outcome: 'nothing' };
  const { writes, refusals, skips } = judgement.result;
  if (writes.some((write) => write.id === id && sameIdentity(write.contribution, claim))) return { outcome: 'contributes' };
  const { eventKey, insertKeys } = claim;
  const own = (one: { readonly eventKey: string; readonly insertKeys?: readonly string[] }): boolean =>
    one.eventKey === eventKey && sameInserts(one.insertKeys ?? [], insertKeys);
  // Nothing is derived from a skipped event, which is the last of those that are told of.
  const ofAncestor = ({ insertKeys: keys = [] }: Skip): boolean => insertKeys.length > 0 && keys.every((key, at) => key === insertKeys[at]);
  const skip = skips.find(own) ?? skips.find(ofAncestor);
  if (skip?.reason === 'deleted') return { outcome: 'deleted', by: deleteShown(tables, skip.by) };
  if (skip !== undefined) return { outcome: 'skipped', reason: skip.reason };
  const refusal = refusals.find(own) ?? refusals[0];
  return refusal === undefined ? { outcome: 'nothing' } : { outcome: 'refused', class: refusal.class, reason: refusal.reason };
}

/** `author`, `action`: from the write of the event, where there is one. */
export function eventShown(claim: Claim, write: Pick<DocumentWrite, 'body'> | undefined): EventShown {
  const { recordKey, eventKey, topic, partition, offset, timestamp, insertKeys } = claim;
  return {
    ...{ key: recordKey, event_key: eventKey, topic, partition, offset },
    time: utcTime(timestamp),
    author: write === undefined ? null : authorText(write.body['author']),
    action: typeof write?.body['action'] === 'string' ? write.body['action'] : null,
    inserts: insertKeys,
  };
}

export function authorText(author: unknown): string | null {
  if (typeof author !== 'object' || author === null) return null;
  const { category, name, version } = author as Readonly<Record<'category' | 'name' | 'version', string | null | undefined>>;
  return [category, name, version].map((part) => part ?? '').join('.');
}
