/** Documents of the status indices: one per status or download event (spec 02 §5.1, §5.2). */
import type { EventAuthor, EventSource } from '../../schemas/events.js';
import { isoTime } from '../../schemas/time.js';
import { checkedId } from '../document-id.js';
import { statusIndex } from '../index-names.js';
import { keyContribution, type KeyedEvent } from '../key-contribution.js';
import { documentLabels, normalisedLabel, type DocumentLabels } from '../labels.js';
import type { ProjectionSettings } from '../settings.js';
import type { DocumentBody, DocumentWrite, StreamRecord } from '../types.js';
import { statusPartition } from './partition.js';

/** Labels of author, source and path authors together; `author` is the author's own normalised one. */
export function sourcedLabels(
  author: string,
  source: EventSource,
  { security: policy }: Pick<ProjectionSettings, 'security'>,
): DocumentLabels {
  const labels = [author, normalisedLabel(policy, source.security)];
  for (const node of source.path) labels.push(normalisedLabel(policy, node.author.security));
  return documentLabels(policy, labels);
}

/** `name.category.version`, missing parts empty. */
export function encodedAuthor(author: EventAuthor): string {
  return `${author.name}.${author.category ?? ''}.${author.version ?? ''}`;
}

export interface StatusParts {
  readonly author: DocumentBody;
  readonly entity: DocumentBody;
  readonly labels: DocumentLabels;
}

/** The write of a status document: by its key, in the index of its time and labels. */
export function statusWrite(record: StreamRecord<KeyedEvent>, parts: StatusParts, settings: ProjectionSettings): DocumentWrite {
  const { event } = record;
  const { author, entity, labels } = parts;
  const open = settings.security.isOpen(labels.encoded);
  return {
    index: statusIndex(settings.partition, open, statusPartition(event.timestamp, settings.statusPartitionUnit)),
    id: checkedId(event.kafka_key),
    routing: undefined,
    body: {
      model_version: event.model_version,
      timestamp: isoTime(event.timestamp),
      author,
      entity,
      security: labels.security,
      encoded_security: labels.encoded,
      encoded: { author: encodedAuthor(event.author) },
    },
    contribution: keyContribution(record),
  };
}
