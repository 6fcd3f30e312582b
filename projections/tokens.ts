/**
 * Track tokens: what a delete, a tombstone or a replaced insert is looked up by (spec 00 "Provenance").
 * A token is a letter for its kind and 96 bits of SHA-256 of the text, so that a match needs no second look.
 */
import type { BinaryEvent, Micros } from '../schemas/events.js';
import { digest96 } from './digest.js';
import { memoised } from './memo.js';

/** Texts that repeat over a history: plugins, sources with their references. */
const repeatingDigest = memoised(20_000, digest96);

/** Of the Kafka record's key. Neither topic nor partition is in it: the contribution found names both. */
export function recordKeyToken(recordKey: string): string {
  return 'r' + digest96(recordKey);
}

/** Of the event's own key: delete by ids. */
export function eventKeyToken(eventKey: string): string {
  return 'e' + digest96(eventKey);
}

/** Of `track_source_references`: delete of a submission at any time. */
export function submissionToken(references: string): string {
  return 's' + repeatingDigest(references);
}

/** Of `track_source_references` with the source time: delete of the submission made at that instant. */
export function submissionAtToken(references: string, sourceTimestamp: Micros): string {
  return 't' + repeatingDigest(`${references}\u0000${sourceTimestamp.toString()}`);
}

/** Of one of the `track_links`. */
export function linkToken(link: string): string {
  return 'l' + digest96(link);
}

/** Of one of the `track_authors`. */
export function authorToken(author: string): string {
  return 'a' + repeatingDigest(author);
}

/** Of the key of an insert that was applied. */
export function insertToken(insertKey: string): string {
  return 'i' + digest96(insertKey);
}

/** Tokens of a status, plugin or download document: it can only be replaced or removed by key. Sorted. */
export function keyTokens(recordKey: string, eventKey: string): [event: string, record: string] {
  const record = digest96(recordKey);
  return ['e' + (eventKey === recordKey ? record : digest96(eventKey)), 'r' + record];
}

/** Tokens of a binary event's contribution, sorted, each once: kind by kind in the order of their letters. */
export function binaryTokens(event: BinaryEvent, recordKey: string, insertKeys: readonly string[]): string[] {
  const references = event.track_source_references;
  const [ofEvent, ofRecord] = keyTokens(recordKey, event.kafka_key);
  const tokens: string[] = [];
  for (const author of event.track_authors) insertSorted(tokens, 0, authorToken(author));
  tokens.push(ofEvent);
  if (insertKeys.length > 0) {
    const start = tokens.length;
    for (const key of insertKeys) insertSorted(tokens, start, insertToken(key));
  }
  const start = tokens.length;
  for (const link of event.track_links) insertSorted(tokens, start, linkToken(link));
  tokens.push(ofRecord, submissionToken(references), submissionAtToken(references, event.source.timestamp));
  return tokens;
}

/** Puts a token in its place among those from `start` on, unless it is there. These are few, and mostly come in order or twice. */
function insertSorted(tokens: string[], start: number, token: string): void {
  let at = tokens.length;
  while (at > start && tokens[at - 1]! > token) at--;
  if (at > start && tokens[at - 1] === token) return;
  tokens.push(token);
  for (let i = tokens.length - 1; i > at; i--) tokens[i] = tokens[i - 1]!;
  tokens[at] = token;
}
