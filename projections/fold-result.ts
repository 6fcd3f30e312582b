/** Turns one event's document, refusal or skip into a result, and joins results. */
import type { BinaryEvent } from '../schemas/events.js';
import { RefusalError } from './refusal.js';
import { SecurityError } from './security/errors.js';
import type { DocumentWrite, FoldResult, Refusal, RefusalClass, Skip, SkipReason } from './types.js';

const NOTHING: readonly never[] = [];

export function written(write: DocumentWrite): FoldResult {
  return { writes: [write], refusals: NOTHING, skips: NOTHING };
}

/** Nothing of an event counts. `more`: what a skip tells besides. */
export function skipped(
  reason: SkipReason,
  { kafka_key: eventKey, author }: Pick<BinaryEvent, 'kafka_key' | 'author'>,
  more: Pick<Skip, 'by' | 'insertKeys'> = {},
): FoldResult {
  return { writes: NOTHING, refusals: NOTHING, skips: [{ reason, eventKey, author, ...more }] };
}

export function refused(refusalClass: RefusalClass, reason: string, eventKey: string): FoldResult {
  return { writes: NOTHING, refusals: [{ class: refusalClass, reason, eventKey }], skips: NOTHING };
}

/** The refusal that an error stands for; undefined for any other error, which is a bug and not the event's fault. */
export function refusalOf(error: unknown, eventKey: string): Refusal | undefined {
  if (error instanceof RefusalError) return { class: error.refusalClass, reason: error.message, eventKey };
  if (error instanceof SecurityError) {
    return { class: 'SecurityParseException', reason: `${error.code}: ${error.message}`, eventKey };
  }
  return undefined;
}

/** Runs the fold of one event; what it throws as a refusal becomes one. */
export function folded(eventKey: string, fold: () => FoldResult): FoldResult {
  try {
    return fold();
  } catch (error) {
    const refusal = refusalOf(error, eventKey);
    if (refusal === undefined) throw error;
    return { writes: NOTHING, refusals: [refusal], skips: NOTHING };
  }
}

/** One result for a record that holds several events. */
export function joined(results: readonly FoldResult[]): FoldResult {
  const writes: DocumentWrite[] = [];
  const refusals: Refusal[] = [];
  const skips: Skip[] = [];
  for (const result of results) {
    writes.push(...result.writes);
    refusals.push(...result.refusals);
    skips.push(...result.skips);
  }
  return { writes, refusals, skips };
}
