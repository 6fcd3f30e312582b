/** Delete and insert events for tests, built so that every test changes only what it is about. */
import { ZERO_TIME, type DeleteEvent, type InsertEvent, type Micros } from '../../../../schemas/events.js';
import { parseTime } from '../../../../schemas/time.js';
import { author, binaryEvent, node, SHA_A, SHA_B, stream } from '../binary/events.js';

const TIME = parseTime('2026-03-01T01:00:00Z');

function deleteEvent(action: string, entity: Partial<DeleteEvent['entity']>): DeleteEvent {
  return {
    model_version: 6,
    kafka_key: 'delete',
    timestamp: TIME,
    author: author(),
    entity: {
      reason: undefined,
      submission: { track_source_references: undefined, timestamp: ZERO_TIME },
      author: { track_author: undefined, timestamp: ZERO_TIME },
      link: { track_link: undefined },
      ids: { ids: [] },
      ...entity,
    },
    action,
  };
}

export const deletes = {
  ids: (...ids: string[]): DeleteEvent => deleteEvent('ids', { ids: { ids } }),
  link: (link: string | undefined): DeleteEvent => deleteEvent('link', { link: { track_link: link } }),
  author: (name: string | undefined, timestamp: Micros): DeleteEvent =>
    deleteEvent('author', { author: { track_author: name, timestamp } }),
  submission: (references: string | undefined, timestamp: Micros = ZERO_TIME): DeleteEvent =>
    deleteEvent('submission', { submission: { track_source_references: references, timestamp } }),
  /** Everything is filled in, but the action is no known one. */
  unknown: (action: string): DeleteEvent =>
    deleteEvent(action, {
      submission: { track_source_references: 's2.ee', timestamp: ZERO_TIME },
      author: { track_author: 'user.bob.1', timestamp: TIME },
      link: { track_link: 'L1' },
      ids: { ids: ['key'] },
    }),
} as const;

/** Changes to an insert, its child and the path node that the child adds. */
export interface InsertChanges {
  readonly event?: Partial<InsertEvent>;
  readonly parent?: string;
  readonly child?: Partial<InsertEvent['entity']['child']>;
  readonly history?: Partial<InsertEvent['entity']['child_history']>;
}

/** An analyst puts `bb02` under `aa01`. */
export function insertEvent({ event, parent = SHA_A, child, history }: InsertChanges = {}): InsertEvent {
  const sha256 = child?.sha256 ?? SHA_B;
  return {
    model_version: 6,
    kafka_key: 'insert',
    timestamp: TIME,
    author: author(),
    entity: {
      original_source: 's2',
      parent_sha256: parent,
      child: { ...binaryEvent().entity, sha256, datastreams: [stream({ sha256 })], ...child },
      child_history: node({
        action: 'extracted',
        sha256,
        timestamp: TIME,
        author: author({ name: 'ann', version: undefined }),
        ...history,
      }),
    },
    track_link: undefined,
    track_author: undefined,
    ...event,
  };
}
