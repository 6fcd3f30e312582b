/** What an event must have before anything is made of it; the order of the checks names the class (spec 02 §4.1, §4.2, §6). */
import type { BinaryEvent, EventAuthor } from '../../schemas/events.js';
import { RefusalError } from '../refusal.js';

const MAX_DATASTREAMS = 100;
const MAX_FEATURES = 10_000;

/** Refuses an event with too many parts. */
export function checkLimits({ entity }: BinaryEvent): void {
  if (entity.datastreams.length > MAX_DATASTREAMS) {
    throw new RefusalError(
      'PreprocessException',
      `event has ${entity.datastreams.length} datastreams, at most ${MAX_DATASTREAMS} are taken`,
    );
  }
  if (entity.features.length > MAX_FEATURES) {
    throw new RefusalError('PreprocessException', `event has ${entity.features.length} features, at most ${MAX_FEATURES} are taken`);
  }
}

/** Refuses an event that its submission or its authors can't be told of. */
export function checkTracking(event: BinaryEvent): void {
  if (event.track_source_references === '') {
    throw new RefusalError('BaseAzulException', 'track_source_references is empty, expected the tracking field');
  }
  if (event.track_authors.length === 0) {
    throw new RefusalError('BaseAzulException', 'track_authors is empty, expected one author per path node');
  }
}

/** The author's category, which may be empty. Refuses an author without one. */
export function category(author: EventAuthor, where: string): string {
  if (author.category === undefined)
    throw new RefusalError('KeyError', `${where}.category is absent (author ${JSON.stringify(author.name)})`);
  return author.category;
}

/** The binary's hash in lower case; an empty one counts as absent. Refuses an absent one. */
export function entitySha256(event: BinaryEvent): string {
  const sha256 = lowerHash(event.entity.sha256);
  if (sha256 === undefined) throw new RefusalError('KeyError', 'entity.sha256 is absent, expected the hash of the binary');
  return sha256;
}

/** A hash of the entity in lower case; an empty one becomes absent. */
export function lowerHash(hash: string | undefined): string | undefined {
  return hash ? hash.toLowerCase() : undefined;
}
