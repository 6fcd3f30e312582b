/** Events of plugins, statuses and downloads, and their records, so that every test says only what it is about. */
import type { DownloadEvent, PluginEntity, PluginEvent, StatusEvent } from '../../schemas/events.js';
import { ZERO_TIME } from '../../schemas/events.js';
import { parseTime } from '../../schemas/time.js';
import { encodeEvent } from '../../streams/encode.js';
import type { OutgoingRecord } from '../../streams/producer.js';
import { systemTopic } from '../../streams/topics.js';
import { author, binaryEvent, type Changes } from '../unit/projections/binary/events.js';

/** The registration of a plugin, `p` unless it is named; its author is named as the entity. */
export function pluginEvent(entity: Partial<PluginEntity> = {}, changes: Partial<PluginEvent> = {}): PluginEvent {
  const { name = 'p', version, category, security } = entity;
  return {
    model_version: 6,
    kafka_key: `plugin.${name}.${version ?? ''}`,
    timestamp: parseTime('2026-03-01T00:00:00Z'),
    author: author({ name, version, category, security }),
    entity: {
      name,
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
}

export function pluginRecord(
  prefix: string,
  entity: Partial<PluginEntity> & { readonly name: string },
  changes: Partial<PluginEvent> = {},
): OutgoingRecord {
  const event = pluginEvent(entity, changes);
  return { topic: systemTopic(prefix, 'plugin'), key: event.kafka_key, value: encodeEvent('plugin', event) };
}

/** A plugin's status on its input. */
export function statusEvent(
  changes: Partial<StatusEvent> = {},
  entity: Partial<StatusEvent['entity']> = {},
  input: Changes = {},
): StatusEvent {
  return {
    model_version: 6,
    kafka_key: 'st',
    timestamp: parseTime('2026-03-01T00:00:00.25Z'),
    author: author({ name: 'p', version: '1', category: 'plugin' }),
    entity: {
      input: binaryEvent(input),
      status: 'completed',
      runtime: undefined,
      error: undefined,
      message: undefined,
      results: [],
      ...entity,
    },
    ...changes,
  };
}

/** A status on the binary with this hash, of a task of its own. */
export function statusRecord(
  prefix: string,
  key: string,
  sha256: string,
  changes: Partial<Omit<StatusEvent, 'entity'>>,
  entity: Partial<Omit<StatusEvent['entity'], 'input'>> = {},
): OutgoingRecord {
  const event = statusEvent({ kafka_key: key, ...changes }, entity, { event: { dequeued: `${key}.p.1.0` }, entity: { sha256 } });
  return { topic: systemTopic(prefix, 'status'), key, value: encodeEvent('status', event) };
}

/** A download requested by a user. */
export function downloadEvent(changes: Partial<DownloadEvent> = {}, entity: Partial<DownloadEvent['entity']> = {}): DownloadEvent {
  return {
    model_version: 6,
    kafka_key: 'dl',
    timestamp: parseTime('2026-03-01T00:00:00.5Z'),
    author: author({ name: 'u', version: undefined, category: undefined }),
    source: { ...binaryEvent().source, path: [] },
    action: 'requested',
    entity: {
      hash: 'AB',
      direct_url: 'x',
      direct_expiry: ZERO_TIME,
      pcap: false,
      category: undefined,
      category_quota: undefined,
      metadata: undefined,
      ...entity,
    },
    ...changes,
  };
}

/** A download of the binary with this hash. */
export function downloadRecord(prefix: string, key: string, hash: string, changes: Partial<DownloadEvent> = {}): OutgoingRecord {
  const event = downloadEvent({ kafka_key: key, ...changes }, { hash, direct_url: undefined });
  return { topic: systemTopic(prefix, 'download'), key, value: encodeEvent('download', event) };
}
