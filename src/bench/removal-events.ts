/** Delete and insert events as operators make them, for measurements. */
import { createHash, randomBytes } from 'node:crypto';
import { ZERO_TIME, type DeleteEvent, type InsertEvent, type Micros } from '../../schemas/events.js';

const AUTHOR = { name: 'bench', version: undefined, category: 'user', security: undefined };
const MODEL_VERSION = 6;

function now(): Micros {
  return BigInt(Date.now()) * 1000n;
}

function deleteEvent(action: string, entity: Partial<DeleteEvent['entity']>): DeleteEvent {
  return {
    model_version: MODEL_VERSION,
    kafka_key: randomBytes(16).toString('hex'),
    timestamp: now(),
    author: AUTHOR,
    action,
    entity: {
      reason: 'measurement',
      submission: { track_source_references: undefined, timestamp: ZERO_TIME },
      author: { track_author: undefined, timestamp: ZERO_TIME },
      link: { track_link: undefined },
      ids: { ids: [] },
      ...entity,
    },
  };
}

export function linkDelete(trackLink: string): DeleteEvent {
  return deleteEvent('link', { link: { track_link: trackLink } });
}

export function idsDelete(...ids: readonly string[]): DeleteEvent {
  return deleteEvent('ids', { ids: { ids: [...ids] } });
}

/** The `n`-th of any number of deletes that match nothing, of all four actions in turn. */
export function idleDelete(n: number): DeleteEvent {
  const name = `nothing-${String(n)}`;
  switch (n % 4) {
    case 0:
      return idsDelete(createHash('md5').update(name).digest('hex'));
    case 1:
      return linkDelete(`${name}.child.2026_01_01T00_00_00Z_00.user.bench.`);
    case 2:
      return deleteEvent('author', { author: { track_author: `user.${name}.1`, timestamp: now() } });
    default:
      return deleteEvent('submission', { submission: { track_source_references: `s1.${name}`, timestamp: now() } });
  }
}

/** Inserts a made-up child under a binary. */
export function insertUnder(parentSha256: string, source: string): { readonly event: InsertEvent; readonly childSha256: string } {
  const childSha256 = randomBytes(32).toString('hex');
  const timestamp = now();
  const event: InsertEvent = {
    model_version: MODEL_VERSION,
    kafka_key: createHash('md5').update(`${parentSha256}.${childSha256}.bench`).digest('hex'),
    timestamp,
    author: AUTHOR,
    track_link: undefined,
    track_author: undefined,
    entity: {
      original_source: source,
      parent_sha256: parentSha256,
      child: {
        ...{ sha256: childSha256, sha512: undefined, sha1: undefined, md5: undefined, ssdeep: undefined, tlsh: undefined, size: 1 },
        ...{ mime: 'text/plain', magic: 'ASCII text', file_format: 'text', file_extension: undefined, info: undefined, features: [] },
        datastreams: [
          {
            ...{ identify_version: 0, label: 'content', size: 1, sha512: undefined, sha256: childSha256, sha1: undefined, md5: undefined },
            ...{ ssdeep: undefined, tlsh: undefined, mime: 'text/plain', magic: 'ASCII text', file_format: 'text' },
            ...{ file_extension: undefined, language: undefined },
          },
        ],
      },
      child_history: {
        ...{ author: AUTHOR, action: 'extracted', sha256: childSha256, relationship: undefined, timestamp },
        ...{ file_format: undefined, size: 1, filename: undefined, language: undefined },
      },
    },
  };
  return { event, childSha256 };
}
