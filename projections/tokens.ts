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
  return 't' + digest96(`${references}\u0000${sourceTimestamp.toString()}`);
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

function sortedSet(tokens: string[]): string[] {
  tokens.sort();
  let kept = 1;
  for (let i = 1; i < tokens.length; i++) {
    if (tokens[i] !== tokens[i - 1]) tokens[kept++] = tokens[i]!;
  }
  tokens.length = kept;
  return tokens;
}

/** Tokens of a status, plugin or download document: it can only be replaced or removed by key. Sorted. */
export function keyTokens(recordKey: string, eventKey: string): string[] {
  const record = digest96(recordKey);
  return ['e' + (eventKey === recordKey ? record : digest96(eventKey)), 'r' + record];
}

/** Tokens of a binary event's contribution, sorted, each once. */
export function binaryTokens(event: BinaryEvent, recordKey: string, insertKeys: readonly string[]): string[] {
  const references = event.track_source_references;
  const tokens = keyTokens(recordKey, event.kafka_key);
  tokens.push(submissionToken(references), submissionAtToken(references, event.source.timestamp));
  for (const link of event.track_links) tokens.push(linkToken(link));
  for (const author of event.track_authors) tokens.push(authorToken(author));
  for (const key of insertKeys) tokens.push(insertToken(key));
  return sortedSet(tokens);
}
