/** Records made in a test, as bytes with their topic and key. */
import type { BinaryEvent } from '../../schemas/events.js';
import { encodeEvent } from '../../streams/encode.js';
import type { OutgoingRecord } from '../../streams/producer.js';
import { systemTopic, binaryTopic } from '../../streams/topics.js';
import { author, binaryEvent, type Changes } from '../unit/projections/binary/events.js';

export { author, feature, node, stream } from '../unit/projections/binary/events.js';

/** An event of `enriched`: one document for each sha256 and author, so that several events meet in it. */
export function enrichedEvent(key: string, { event, entity, source }: Changes = {}): BinaryEvent {
  return binaryEvent({
    event: {
      kafka_key: key,
      action: 'enriched',
      author: author({ name: 'meta', category: 'plugin' }),
      track_authors: ['user.bob.1', 'plugin.meta.1'],
      ...event,
    },
    entity: { datastreams: [], ...entity },
    source: { ...source },
  });
}

/** The record of a binary event on the topic of its source and action, or on the expedited one. */
export function binaryRecord(prefix: string, event: BinaryEvent, expedited = false): OutgoingRecord {
  const topic = expedited ? systemTopic(prefix, 'expedite') : binaryTopic(prefix, event.source.name, event.action);
  return { topic, key: event.kafka_key, value: encodeEvent('binary', event) };
}
