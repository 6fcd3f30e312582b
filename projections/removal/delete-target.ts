/**
 * What a delete event names, and how contributions are found by it (spec 01 §10.1).
 *
 * A contribution goes when its event is matched, or one of the events that it was derived from: nothing is derived from a deleted
 * event. Each of these events left its tokens in the contribution, so for ids, links and submissions a common token decides; for an
 * author the time of the event that carries the token counts as well.
 */
import type { DeleteAction } from '../../schemas/enums.js';
import { ZERO_TIME, type DeleteEvent, type Micros } from '../../schemas/events.js';
import { authorToken, eventKeyToken, linkToken, submissionAtToken, submissionToken } from '../tokens.js';
import type { Contribution } from '../types.js';

export interface DeleteTarget {
  readonly action: DeleteAction;
  /** Track tokens to look documents up by, each once; never empty. */
  readonly tokens: readonly string[];
  /** Only events earlier than this (µs, strict) are deleted; undefined where the time of the event does not count. */
  readonly before: Micros | undefined;
}

/** The target of a delete of these events, by their keys. */
export function idsTarget(ids: readonly string[]): DeleteTarget {
  return { action: 'ids', tokens: ids.map(eventKeyToken), before: undefined };
}

export function linkTarget(link: string): DeleteTarget {
  return { action: 'link', tokens: [linkToken(link)], before: undefined };
}

/** Of an author's events earlier than `before`. */
export function authorTarget(author: string, before: Micros): DeleteTarget {
  return { action: 'author', tokens: [authorToken(author)], before };
}

/** Of a submission: made at that instant of source time, or at any (the zero time). */
export function submissionTarget(references: string, timestamp: Micros): DeleteTarget {
  const token = timestamp === ZERO_TIME ? submissionToken(references) : submissionAtToken(references, timestamp);
  return { action: 'submission', tokens: [token], before: undefined };
}

/**
 * All that a delete event covers; undefined when it covers nothing: an unknown action, a name left empty, an author without
 * a time. Only the part that `action` names is read.
 */
export function deleteTarget({ action, entity }: DeleteEvent): DeleteTarget | undefined {
  switch (action) {
    case 'ids': {
      const ids = new Set(entity.ids.ids);
      ids.delete('');
      return ids.size === 0 ? undefined : idsTarget([...ids]);
    }
    case 'link':
      return entity.link.track_link ? linkTarget(entity.link.track_link) : undefined;
    case 'author': {
      const { track_author: author, timestamp } = entity.author;
      return author && timestamp !== ZERO_TIME ? authorTarget(author, timestamp) : undefined;
    }
    case 'submission': {
      const { track_source_references: references, timestamp } = entity.submission;
      return references ? submissionTarget(references, timestamp) : undefined;
    }
    default:
      return undefined;
  }
}

/** Whether a contribution goes. Exact: true just when the fold with such a delete in its table would not make it. */
export function covers({ tokens, before }: DeleteTarget, { timestamp, tokens: held, lineage }: Contribution): boolean {
  const named = (list: readonly string[]): boolean => tokens.some((token) => list.includes(token));
  if (!named(held)) return false;
  // Nothing that an event was derived from is later than itself: its own time settles it, wherever the token came from.
  if (before === undefined || timestamp < before) return true;
  return lineage !== undefined && lineage.some((ancestor) => ancestor.timestamp < before && named(ancestor.tokens));
}
