import type { Config } from '../config/index.js';
import { configuredTemplates } from '../opensearch/template-settings.js';
import type { Mapping } from '../../projections/mapping.js';
import type { TemplateSettingsWithoutNames } from '../opensearch/templates.js';
import type { ProjectionSettings } from '../../projections/settings.js';
import type { KafkaClientSettings } from '../../streams/consumer.js';
import type { LoopOptions } from './projection-loop.js';

export interface WorkerSettings {
  readonly brokers: string;
  readonly kafkaClient: KafkaClientSettings;
  readonly topicPrefix: string;
  readonly topicRefreshMs: number;
  readonly sessionTimeoutMs: number;
  readonly versionSuffix: number;
  readonly projection: ProjectionSettings;
  readonly templates: TemplateSettingsWithoutNames;
  readonly elasticSources: ReadonlyMap<string, Mapping>;
  readonly maxContributions: number;
  readonly bulkConcurrency: number;
  readonly maxInFlightBytes: number;
  /** After this time a removal is done once more. */
  readonly settleMs: number;
  readonly loop: LoopOptions;
}

const IDLE_MS = 25;
/** Below the session timeout of the group, so that a member that can't commit is not put out of it. */
const REVOKE_TIMEOUT_MS = 20_000;

/** What a worker needs of the configuration, for the generation whose indices have this partition name. */
export function workerSettings(config: Config, partition: string): WorkerSettings {
  const templates = configuredTemplates(config, partition);
  return {
    brokers: config.kafka.brokers,
    kafkaClient: config.kafka.client,
    topicPrefix: config.kafka.topicPrefix,
    topicRefreshMs: config.worker.topicRefreshMs,
    sessionTimeoutMs: config.worker.sessionTimeoutMs,
    versionSuffix: config.ingestorVersionSuffix,
    projection: { partition, security: config.security, sources: config.sources, statusPartitionUnit: config.statusPartitionUnit },
    templates: templates.settings,
    elasticSources: templates.elasticSources,
    maxContributions: config.maxContributions,
    bulkConcurrency: config.worker.bulkConcurrency,
    maxInFlightBytes: config.worker.maxInFlightBytes,
    settleMs: config.settleSeconds * 1000,
    loop: {
      fetchRecords: config.worker.fetchRecords,
      bulkBytes: config.worker.bulkBytes,
      commitIntervalMs: config.worker.commitIntervalMs,
      idleMs: IDLE_MS,
      revokeTimeoutMs: REVOKE_TIMEOUT_MS,
    },
  };
}
