/** The sink of some generations, one a docname, with what it needs in OpenSearch: templates, merge script, feature mapping. Workers and replays use the same. */
import type { Client } from '@opensearch-project/opensearch';
import type { Logger } from 'pino';
import type { RawRecord } from '../../streams/consumer.js';
import type { Metrics } from '../metrics.js';
import { createBulkTransport } from '../opensearch/bulk-transport.js';
import { createFeatureStore, isNameFault, putScript } from '../opensearch/feature-store.js';
import { ensureTemplates } from '../opensearch/templates.js';
import type { BulkBody } from '../sinks/bulk.js';
import { createFeatureMapping, type MappingStore } from '../sinks/feature-mapping.js';
import { persistently } from '../sinks/backoff.js';
import { isOutage } from '../opensearch/request.js';
import { mergeScriptId, mergeScriptSource } from '../sinks/merge-script.js';
import { OpenSearchSink } from '../sinks/opensearch-sink.js';
import { createSinkObserver, type Totals } from './observe.js';
import type { WorkerSettings } from './settings.js';

/** A server that is still starting is waited for; one that does not answer for so long is taken for a wrong address. */
export const START_WITHIN_MS = 60_000;

/** Only binaries have a mapping that grows. */
const NO_FEATURES: MappingStore = { extendTemplate: () => Promise.resolve(), extendIndices: () => Promise.resolve() };

export interface FoldSinkDependencies {
  readonly client: Client;
  readonly metrics: Metrics;
  readonly totals: Totals;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Bodies as they are sent, for the benchmark's floor. */
  readonly tap?: ((body: BulkBody) => void) | undefined;
}

export interface FoldSink {
  readonly sink: OpenSearchSink<RawRecord>;
  /** Makes templates, indices and script what they must be; before the first operation. */
  readonly prepare: () => Promise<void>;
}

export function createFoldSink(settings: WorkerSettings, { client, metrics, totals, log, signal, tap }: FoldSinkDependencies): FoldSink {
  const putMergeScript = (): Promise<void> => putScript(client, mergeScriptId, mergeScriptSource);
  const binaries = settings.templates.get('binary2');
  const featureStore = binaries === undefined ? NO_FEATURES : createFeatureStore(client, binaries);
  const featureMapping = createFeatureMapping(featureStore, isNameFault, {
    onGrown: (names) => {
      metrics.featureNames.inc({ outcome: 'mapped' }, names.length);
      if (names.length > 0) log.info({ names }, 'feature names added to the mapping');
    },
    onUnmappable: (name, reason) => {
      metrics.featureNames.inc({ outcome: 'unmappable' });
      log.error({ name, reason }, 'feature name cannot be mapped: documents are kept without it in features_map');
    },
    onDropped: () => metrics.featureNames.inc({ outcome: 'dropped' }),
  });
  const sink = new OpenSearchSink<RawRecord>({
    transport: createBulkTransport(client),
    bulk: { scriptId: mergeScriptId, maxContributions: settings.maxContributions },
    concurrency: settings.bulkConcurrency,
    bulkBytes: settings.loop.bulkBytes,
    maxInFlightBytes: settings.maxInFlightBytes,
    featureMapping,
    restoreScript: putMergeScript,
    observer: createSinkObserver(metrics, totals, log),
    signal,
    tap,
  });
  return {
    sink,
    prepare: () =>
      persistently(
        {
          mends: isOutage,
          signal,
          withinMs: START_WITHIN_MS,
          onRetry: (error) => log.warn({ err: error }, 'OpenSearch is not ready, trying again'),
        },
        async () => {
          await ensureTemplates(client, settings.templates, settings.elasticSources, log);
          await putMergeScript();
        },
      ),
  };
}
