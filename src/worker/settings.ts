import type { Config } from '../config/index.js';
import { configuredTemplates, type TemplateTarget } from '../opensearch/template-settings.js';
import type { Docname } from '../../projections/index-names.js';
import type { Mapping } from '../../projections/mapping.js';
import type { DocnameTemplates } from '../opensearch/templates.js';
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
  /** What the folds need besides the partition: that is a docname's own, see `foldSettings`. */
  readonly projection: Omit<ProjectionSettings, 'partition'>;
  /** Also says into which generation each docname is folded. */
  readonly templates: DocnameTemplates;
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

/** What a worker needs of the configuration to fold these docnames, each into its generation. */
export function workerSettings(config: Config, targets: ReadonlyMap<Docname, TemplateTarget>): WorkerSettings {
  return {
    brokers: config.kafka.brokers,
    kafkaClient: config.kafka.client,
    topicPrefix: config.kafka.topicPrefix,
    topicRefreshMs: config.worker.topicRefreshMs,
    sessionTimeoutMs: config.worker.sessionTimeoutMs,
    versionSuffix: config.ingestorVersionSuffix,
    projection: { security: config.security, sources: config.sources, statusPartitionUnit: config.statusPartitionUnit },
    ...configuredTemplates(config, targets),
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
      settleMs: config.settleSeconds * 1000,
    },
  };
}

/** What the folds of a docname need. Throws for a docname that the settings give no generation. */
export function foldSettings(
  { projection, templates }: Pick<WorkerSettings, 'projection' | 'templates'>,
  docname: Docname,
): ProjectionSettings {
  const target = templates.get(docname);
  if (target === undefined) throw new Error(`no generation is given for ${docname}`);
  return { ...projection, partition: target.partition };
}
