/** Fields that tell from which parent a binary was made (spec 02 §4.5 "Link"). */
import type { BinaryEvent, EventSourcePathNode, StringMap } from '../../schemas/events.js';
import { utcTime } from '../../schemas/time.js';
import { freeForm } from '../free-form.js';
import { authorBody } from '../labels.js';
import { RefusalError } from '../refusal.js';
import type { DocumentBody } from '../types.js';
import { authorActionStem } from './ids.js';

export interface LinkFields {
  readonly trackLink: string | undefined;
  readonly parent: DocumentBody | undefined;
  readonly parentTrackAuthor: string | undefined;
  readonly parentRelationship: StringMap | undefined;
}

export const NO_LINK: LinkFields = { trackLink: undefined, parent: undefined, parentTrackAuthor: undefined, parentRelationship: undefined };

const NO_RELATIONSHIP = Object.freeze({}) as StringMap;

function parentBody(node: EventSourcePathNode, security: string): DocumentBody {
  const sha256 = node.sha256.toLowerCase();
  return {
    author: authorBody(node.author, security),
    action: node.action,
    sha256,
    relationship: freeForm(node.relationship),
    timestamp: utcTime(node.timestamp),
    file_format: node.file_format,
    size: node.size,
    filename: node.filename,
    language: node.language,
    // Every path author has a category by now.
    encoded: { sha256_author_action: authorActionStem(sha256, node.author.category!, node.author.name, node.action) },
  };
}

/** The path needs two nodes or more; `parentSecurity` is the normalised label of the parent node's author. Refuses missing tracking fields. */
export function linkFields(event: BinaryEvent, parentSecurity: string): LinkFields {
  const { path } = event.source;
  const trackLink = event.track_links.at(-1);
  if (trackLink === undefined) throw new RefusalError('IndexError', 'track_links is empty, expected a link to the parent');
  const parentTrackAuthor = event.track_authors.at(-2);
  if (parentTrackAuthor === undefined) {
    throw new RefusalError('IndexError', `track_authors has ${event.track_authors.length} entry, expected the parent's author too`);
  }
  return {
    trackLink,
    parent: parentBody(path.at(-2)!, parentSecurity),
    parentTrackAuthor,
    parentRelationship: freeForm(path.at(-1)!.relationship) ?? NO_RELATIONSHIP,
  };
}
