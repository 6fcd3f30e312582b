/** A status document as answers show it (spec 04 §3). */
import type { StoredAuthor } from '../plugin-model.js';
import { authorOf, type Author } from '../plugins/entity.js';

/** What is read of a document of the status indices (spec 02 §5.1, §5.2). */
export interface StatusDocument {
  readonly timestamp: string;
  readonly author: StoredAuthor;
  readonly security: string;
  readonly entity: {
    readonly status: string;
    readonly error?: string;
    readonly message?: string;
    /** Seconds. */
    readonly runtime?: number;
    readonly input?: { readonly entity?: { readonly sha256?: string } };
  };
}

/** `_source` of searches for statuses. */
export const STATUS_FIELDS = [
  'timestamp',
  'author',
  'security',
  'entity.status',
  'entity.error',
  'entity.message',
  'entity.runtime',
  'entity.input.entity.sha256',
];

export interface StatusEvent {
  readonly timestamp: string;
  readonly author: Author;
  readonly entity: {
    readonly status: string;
    readonly error?: string;
    readonly message?: string;
    readonly runtime?: number;
    readonly input: { readonly entity: { readonly sha256: string } };
  };
  readonly completed?: number;
  readonly security: string;
}

/** `completed` is left out where successes are not counted. */
export function statusEvent({ timestamp, author, entity, security }: StatusDocument, completed?: number): StatusEvent {
  const { status, error, message, runtime, input } = entity;
  return {
    timestamp,
    author: authorOf(author),
    entity: {
      status,
      ...(error !== undefined && { error }),
      ...(message !== undefined && { message }),
      ...(runtime !== undefined && { runtime }),
      input: { entity: { sha256: input?.entity?.sha256 ?? '' } },
    },
    ...(completed !== undefined && { completed }),
    security,
  };
}

/** The key that statuses and registrations have in common (spec 04 §6.9). */
export function rowKey(name: string, version: string | null | undefined): string {
  return `${name}-${version ?? ''}`;
}
