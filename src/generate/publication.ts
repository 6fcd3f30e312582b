/** What the generator gives out, and the part of the dispatcher that it plays: keys, tracking fields, topics (spec 01 §8, §10.6). */
import type { BinaryEvent, EventByModel, Model, StringMap } from '../../schemas/events.js';
import { binaryKey, trackingFields } from '../../schemas/identity.js';
import { binaryTopic, systemTopic } from '../../streams/topics.js';

/** One event about to be published. The record key is its `kafka_key`. */
export type Publication = { [M in Model]: { readonly topic: string; readonly model: M; readonly event: EventByModel[M] } }[Model];

/** A binary event without what the dispatcher adds. */
export type BinaryDraft = Omit<
  BinaryEvent,
  'model_version' | 'kafka_key' | 'dequeued' | 'retries' | 'flags' | 'track_source_references' | 'track_links' | 'track_authors'
>;

/** A map whose keys can't clash with those of Object. */
export function stringMap(entries: StringMap): StringMap {
  return Object.assign(Object.create(null) as StringMap, entries);
}

/** Settings after the removal by depth of spec 01 §10.5. */
function settingsAtDepth(settings: StringMap | undefined, depth: number): StringMap | undefined {
  const limit = settings?.remove_at_depth;
  return limit !== undefined && /^[+-]?\d+$/.test(limit) && depth >= Number(limit) ? undefined : settings;
}

/** The event as the dispatcher stores it: the key is made before the settings go, the tracking fields after (spec 01 §10.6). */
export function stampBinary(draft: BinaryDraft, expedite: boolean): BinaryEvent {
  const { source } = draft;
  const stored = { ...source, settings: settingsAtDepth(source.settings, source.path.length) };
  const tracking = trackingFields(stored);
  return {
    model_version: 6,
    kafka_key: binaryKey(source),
    timestamp: draft.timestamp,
    author: draft.author,
    source: stored,
    entity: draft.entity,
    action: draft.action,
    dequeued: undefined,
    retries: undefined,
    flags: { bypass_cache: false, expedite, retry: false },
    track_source_references: tracking.track_source_references,
    track_links: tracking.track_links,
    track_authors: tracking.track_authors,
  };
}

/** A binary event with its topic: the expedite flag decides before source and action do (spec 01 §1). */
export function publishBinary(prefix: string, event: BinaryEvent): Publication {
  const topic = event.flags.expedite ? systemTopic(prefix, 'expedite') : binaryTopic(prefix, event.source.name, event.action);
  return { topic, model: 'binary', event };
}
