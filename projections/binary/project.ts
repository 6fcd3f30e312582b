/** One binary event to its metadata document (spec 02 §4). */
import type { BinaryEvent } from '../../schemas/events.js';
import { utcTime } from '../../schemas/time.js';
import { checkedId } from '../document-id.js';
import { binaryIndex } from '../index-names.js';
import { documentLabels, normalisedLabel, type DocumentLabels } from '../labels.js';
import { RefusalError } from '../refusal.js';
import type { ProjectionSettings, SourceSettings } from '../settings.js';
import type { DocumentBody } from '../types.js';
import { category, checkLimits, checkTracking, entitySha256 } from './checks.js';
import { contentFields, documentBody, type Place } from './document.js';
import { authorActionStem, linkId, resultId, submissionId } from './ids.js';
import { linkFields, NO_LINK } from './link.js';
import { NO_SUBMISSION, submissionFields } from './submission.js';

export interface BinaryDocument {
  readonly index: string;
  readonly id: string;
  readonly routing: string;
  readonly body: DocumentBody;
}

/** The configured source of an event. Refuses an unknown one. */
export function configuredSource(event: BinaryEvent, settings: ProjectionSettings): SourceSettings {
  const source = settings.sources.get(event.source.name);
  if (source === undefined) {
    throw new RefusalError('BadSourceException', `source.name is ${JSON.stringify(event.source.name)}, expected a configured source`);
  }
  return source;
}

/** Normalised labels of an event's parts and their combination. */
export interface EventLabels {
  readonly source: string;
  readonly author: string;
  readonly path: readonly string[];
  readonly document: DocumentLabels;
}

/** Throws a SecurityError when a label does not parse or all together have no common reader. */
export function eventLabels(event: BinaryEvent, { security: policy }: Pick<ProjectionSettings, 'security'>): EventLabels {
  const author = normalisedLabel(policy, event.author.security);
  const source = normalisedLabel(policy, event.source.security);
  const path = event.source.path.map((node) => normalisedLabel(policy, node.author.security));
  return { source, author, path, document: documentLabels(policy, [source, author, ...path]) };
}

/** `sha256.category.name.action` of the event; every author has to have a category. */
function stemOf(event: BinaryEvent, sha256: string): string {
  const own = category(event.author, 'author');
  const { path } = event.source;
  for (let i = 0; i < path.length; i++) category(path[i]!.author, `source.path[${i}].author`);
  return authorActionStem(sha256, own, event.author.name, event.action);
}

/** Whether the document is about how its binary came out of another one. */
function isLink(event: BinaryEvent): boolean {
  return (event.action === 'extracted' || event.action === 'mapped') && event.source.path.length >= 2;
}

/** Id and fields that depend on where the event stands in a submission. */
function placeOf(event: BinaryEvent, stem: string, labels: EventLabels, settings: SourceSettings): Place & { readonly id: string } {
  const result = resultId(stem, labels.document.security);
  if (event.action === 'enriched') return { id: result, submission: NO_SUBMISSION, link: NO_LINK };
  const time = utcTime(event.source.timestamp);
  const submission = submissionFields(event, { security: labels.source, time, settings });
  const id = submissionId(result, event.track_source_references, time, labels.source);
  if (!isLink(event)) return { id, submission, link: NO_LINK };
  const { path } = event.source;
  const link = linkFields(event, labels.path.at(-2)!);
  return { id: linkId(id, path.at(-2)!.sha256.toLowerCase()), submission, link };
}

/**
 * The document of an event whose source is configured and not expired. Throws a RefusalError or a SecurityError when the
 * event can never become one; of several reasons the one that the peer would meet first.
 */
export function projectBinary(event: BinaryEvent, source: SourceSettings, settings: ProjectionSettings): BinaryDocument {
  checkLimits(event);
  checkTracking(event);
  const sha256 = entitySha256(event);
  const stem = stemOf(event, sha256);
  const labels = eventLabels(event, settings);
  const content = contentFields(event);
  const place = placeOf(event, stem, labels, source);
  const body = documentBody(event, { sha256, stem, authorSecurity: labels.author, labels: labels.document, content, place });
  return { index: binaryIndex(settings.partition, sha256), id: checkedId(place.id), routing: sha256, body };
}
