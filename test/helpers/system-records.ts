/** Records of plugins, statuses and downloads, so that every test says only what it is about. */
import type { BinaryEvent, DownloadEvent, PluginEntity, PluginEvent, StatusEntity, StatusEvent } from '../../schemas/events.js';
import { ZERO_TIME } from '../../schemas/events.js';
import { parseTime } from '../../schemas/time.js';
import { encodeEvent } from '../../streams/encode.js';
import type { OutgoingRecord } from '../../streams/producer.js';
import { systemTopic } from '../../streams/topics.js';
import { author, binaryEvent } from '../unit/projections/binary/events.js';

/** The registration of a plugin; its author is named as the entity. */
export function pluginRecord(
  prefix: string,
  entity: Partial<PluginEntity> & { readonly name: string },
  changes: Partial<PluginEvent> = {},
): OutgoingRecord {
  const { name, version, category, security } = entity;
  const event: PluginEvent = {
    model_version: 6,
    kafka_key: `plugin.${name}.${version ?? ''}`,
    timestamp: parseTime('2026-03-01T00:00:00Z'),
    author: author({ name, version, category, security }),
    entity: {
      version: undefined,
      category: undefined,
      contact: undefined,
      description: undefined,
      features: [],
      security: undefined,
      config: undefined,
      ...entity,
    },
    ...changes,
  };
  return { topic: systemTopic(prefix, 'plugin'), key: event.kafka_key, value: encodeEvent('plugin', event) };
}

/** A status of a plugin on the binary with this hash. */
export function statusRecord(
  prefix: string,
  key: string,
  sha256: string,
  changes: Partial<Omit<StatusEvent, 'entity'>>,
  entity: Partial<Omit<StatusEntity, 'input'>> = {},
): OutgoingRecord {
  const input: BinaryEvent = binaryEvent({ event: { dequeued: `${key}.p.1.0` }, entity: { sha256 } });
  const event: StatusEvent = {
    model_version: 6,
    kafka_key: key,
    timestamp: parseTime('2026-03-01T00:00:00Z'),
    author: author({ name: 'p', version: '1', category: 'plugin' }),
    entity: { input, status: 'completed', runtime: undefined, error: undefined, message: undefined, results: [], ...entity },
    ...changes,
  };
  return { topic: systemTopic(prefix, 'status'), key, value: encodeEvent('status', event) };
}

/** A download of the binary with this hash, requested by a user. */
export function downloadRecord(prefix: string, key: string, hash: string, changes: Partial<DownloadEvent> = {}): OutgoingRecord {
  const event: DownloadEvent = {
    model_version: 6,
    kafka_key: key,
    timestamp: parseTime('2026-03-01T00:00:00.5Z'),
    author: author({ name: 'u', version: undefined, category: undefined }),
    source: { ...binaryEvent().source, path: [] },
    action: 'requested',
    entity: {
      hash,
      direct_url: undefined,
      direct_expiry: ZERO_TIME,
      pcap: false,
      category: undefined,
      category_quota: undefined,
      metadata: undefined,
    },
    ...changes,
  };
  return { topic: systemTopic(prefix, 'download'), key, value: encodeEvent('download', event) };
}
