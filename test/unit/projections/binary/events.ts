/** Binary events for tests, built so that every test changes only what it is about. */
import type {
  BinaryEntityDatastream,
  BinaryEntityFeature,
  BinaryEvent,
  EventAuthor,
  EventSourcePathNode,
} from '../../../../schemas/events.js';
import { parseTime } from '../../../../schemas/time.js';

export const SHA_A = 'aa01';
export const SHA_B = 'bb02';

export function author(changes: Partial<EventAuthor> = {}): EventAuthor {
  return { name: 'bob', version: '1', category: 'user', security: undefined, ...changes };
}

export function node(changes: Partial<EventSourcePathNode> = {}): EventSourcePathNode {
  return {
    author: author(),
    action: 'sourced',
    sha256: SHA_A,
    relationship: undefined,
    timestamp: parseTime('2026-03-01T00:00:00Z'),
    file_format: undefined,
    size: undefined,
    filename: undefined,
    language: undefined,
    ...changes,
  };
}

export function stream(changes: Partial<BinaryEntityDatastream> = {}): BinaryEntityDatastream {
  return {
    identify_version: undefined,
    label: 'content',
    size: undefined,
    sha512: undefined,
    sha256: SHA_A,
    sha1: undefined,
    md5: undefined,
    ssdeep: undefined,
    tlsh: undefined,
    mime: undefined,
    magic: undefined,
    file_format: undefined,
    file_extension: undefined,
    language: undefined,
    ...changes,
  };
}

export function feature(changes: Partial<BinaryEntityFeature> = {}): BinaryEntityFeature {
  return { name: 'f', value: 'v', type: 'string', label: undefined, size: undefined, offset: undefined, ...changes };
}

/** Changes to an event, its entity and its source. */
export interface Changes {
  readonly event?: Partial<BinaryEvent>;
  readonly entity?: Partial<BinaryEvent['entity']>;
  readonly source?: Partial<BinaryEvent['source']>;
}

/** A sourced binary of source `s2`. */
export function binaryEvent(changes: Changes = {}): BinaryEvent {
  return {
    model_version: 6,
    kafka_key: 'key',
    timestamp: parseTime('2026-03-01T00:00:01Z'),
    author: author(),
    source: {
      name: 's2',
      references: undefined,
      security: undefined,
      path: [node()],
      timestamp: parseTime('2026-03-01T00:00:00Z'),
      settings: undefined,
      ...changes.source,
    },
    entity: {
      sha256: SHA_A,
      sha512: undefined,
      sha1: undefined,
      md5: undefined,
      ssdeep: undefined,
      tlsh: undefined,
      size: undefined,
      mime: undefined,
      magic: undefined,
      file_format: undefined,
      file_extension: undefined,
      info: undefined,
      features: [],
      datastreams: [stream()],
      ...changes.entity,
    },
    action: 'sourced',
    dequeued: undefined,
    retries: undefined,
    flags: { bypass_cache: false, expedite: false, retry: false },
    track_source_references: 's2.ee',
    track_links: [],
    track_authors: ['user.bob.1'],
    ...changes.event,
  };
}

/** `bb02` that a plugin extracted from `aa01`. */
export function linkedEvent(action: 'extracted' | 'mapped', changes: Changes = {}): BinaryEvent {
  const plugin = author({ name: 'unzip', version: '2.0', category: 'plugin' });
  return binaryEvent({
    event: { action, author: plugin, track_links: ['L1'], track_authors: ['user.bob.1', 'plugin.unzip.2.0'], ...changes.event },
    entity: { sha256: SHA_B, datastreams: action === 'mapped' ? [] : [stream({ sha256: SHA_B })], ...changes.entity },
    source: { path: [node(), node({ sha256: SHA_B, action, author: plugin })], ...changes.source },
  });
}
