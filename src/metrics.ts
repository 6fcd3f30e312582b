/** Prometheus metrics: the three that azul-metastore exports, unchanged, and metafold's own (spec 06 §9). */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export interface Metrics {
  readonly registry: Registry;
  readonly ingested: Counter<'type' | 'status' | 'plugin'>;
  readonly duplicates: Counter<'type' | 'plugin'>;
  readonly agedOff: Counter<'plugin'>;
  readonly records: Counter<'projection'>;
  readonly documents: Counter<'projection'>;
  readonly skipped: Counter<'projection' | 'reason'>;
  readonly deadLetters: Counter<'projection' | 'class'>;
  readonly dropped: Counter<'reason'>;
  readonly tombstones: Counter<'topic'>;
  readonly lag: Gauge<'projection' | 'topic' | 'partition'>;
  readonly bulkSeconds: Histogram;
  readonly bulkOperations: Counter;
  readonly merges: Counter;
  readonly retries: Counter;
  /** Seconds since OpenSearch last took a request while one was waiting; 0 when all is well. */
  readonly outage: Gauge;
  readonly inFlightBytes: Gauge;
  readonly featureNames: Counter<'outcome'>;
  readonly tableEntries: Gauge<'table'>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    ingested: new Counter({ name: 'azul_ingest_total', help: 'Events ingested', labelNames: ['type', 'status', 'plugin'], registers }),
    duplicates: new Counter({
      name: 'azul_ingest_duplicates_total',
      help: 'Duplicates dropped',
      labelNames: ['type', 'plugin'],
      registers,
    }),
    agedOff: new Counter({
      name: 'azul_ingest_drop_already_aged_off_total',
      help: 'Events dropped because their source had aged them off',
      labelNames: ['plugin'],
      registers,
    }),
    records: new Counter({ name: 'metafold_records_total', help: 'Records read', labelNames: ['projection'], registers }),
    documents: new Counter({
      name: 'metafold_documents_total',
      help: 'Document operations made durable',
      labelNames: ['projection'],
      registers,
    }),
    skipped: new Counter({
      name: 'metafold_skipped_total',
      help: 'Events that contribute nothing',
      labelNames: ['projection', 'reason'],
      registers,
    }),
    deadLetters: new Counter({
      name: 'metafold_dead_letters_total',
      help: 'Records sent to the dead letter',
      labelNames: ['projection', 'class'],
      registers,
    }),
    dropped: new Counter({
      name: 'metafold_contributions_dropped_total',
      help: 'Contributions dropped because their record is gone or the list is full',
      labelNames: ['reason'],
      registers,
    }),
    tombstones: new Counter({ name: 'metafold_tombstones_total', help: 'Tombstones read', labelNames: ['topic'], registers }),
    lag: new Gauge({
      name: 'metafold_lag',
      help: 'Records not yet committed',
      labelNames: ['projection', 'topic', 'partition'],
      registers,
    }),
    bulkSeconds: new Histogram({
      name: 'metafold_bulk_seconds',
      help: 'Time of a bulk request',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    bulkOperations: new Counter({ name: 'metafold_bulk_operations_total', help: 'Operations sent in bulk requests', registers }),
    merges: new Counter({ name: 'metafold_merges_total', help: 'Creates that went on as merges', registers }),
    retries: new Counter({ name: 'metafold_retries_total', help: 'Bulk requests repeated', registers }),
    outage: new Gauge({ name: 'metafold_opensearch_outage_seconds', help: 'How long bulk requests have been failing', registers }),
    inFlightBytes: new Gauge({ name: 'metafold_in_flight_bytes', help: 'Bytes submitted and not yet durable', registers }),
    tableEntries: new Gauge({
      name: 'metafold_table_entries',
      help: 'Targets in the delete table, inserts in the insert table',
      labelNames: ['table'],
      registers,
    }),
    featureNames: new Counter({
      name: 'metafold_feature_names_total',
      help: 'Feature names by what became of them',
      labelNames: ['outcome'],
      registers,
    }),
  };
}
