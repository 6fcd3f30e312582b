/** Sources as `metastore_sources` lists them, with all that follows from it (spec 04 §11, 06 §4.3). */
import type { SourceSettings } from '../../config/index.js';

/** One source with every field. */
function sourceAnswer(source: SourceSettings) {
  const { iconClass, references, kafka, description, partitionUnit, expireEventsAfter, elastic, excludeFromBackup, expireAfterMs } = source;
  const { numPartitions, replicationFactor, config } = kafka;
  return {
    icon_class: iconClass,
    references: references.map(({ name, required, description: text, highlight, priority }) => ({
      name,
      required,
      description: text,
      highlight,
      priority,
    })),
    kafka: { numpartitions: numPartitions, replicationfactor: replicationFactor, config },
    description,
    partition_unit: partitionUnit,
    expire_events_after: expireEventsAfter,
    elastic,
    exclude_from_backup: excludeFromBackup,
    kafka_config_full: { ...config, 'cleanup.policy': expireAfterMs > 0 ? 'delete' : 'compact', 'retention.ms': String(expireAfterMs) },
    expire_events_ms: expireAfterMs,
  };
}

type SourceAnswer = ReturnType<typeof sourceAnswer>;

export function sourceAnswers(sources: ReadonlyMap<string, SourceSettings>): Readonly<Record<string, SourceAnswer>> {
  return Object.fromEntries([...sources].map(([name, source]) => [name, sourceAnswer(source)]));
}
