/** What commands need that fold records outside of a worker: sink, and for each projection judge, removal and parents. As a worker has them, but without groups. */
import type { Client } from '@opensearch-project/opensearch';
import type { Logger } from 'pino';
import { projections, type Projection } from '../../projections/index.js';
import type { Tables } from '../../projections/removal/tables.js';
import type { Micros } from '../../schemas/events.js';
import type { RawRecord } from '../../streams/consumer.js';
import type { Decoder } from '../../streams/decode.js';
import { createRecordFetcher, type RecordFetcher } from '../../streams/fetch.js';
import { letterOfRejection, type LetterContext } from '../dead-letters/letter.js';
import type { Parking } from '../dead-letters/parking.js';
import { createMetrics } from '../metrics.js';
import { createRemoval, type Removal } from '../removal/removal.js';
import type { OpenSearchSink, Rejection } from '../sinks/opensearch-sink.js';
import { parentFactory, type ParentOf } from '../sinks/parents.js';
import { createFoldSink } from '../worker/fold-sink.js';
import { createJudge, judgeResolved, type Judge, type Judgement } from '../worker/judge.js';
import { createTotals } from '../worker/observe.js';
import { foldSettings, type WorkerSettings } from '../worker/settings.js';

export interface KitDependencies {
  readonly client: Client;
  readonly decoder: Decoder;
  /** Whatever folds see; asked anew for each record. */
  readonly tables: Tables;
  readonly parking: Parking;
  readonly settings: WorkerSettings;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface ProjectionKit {
  readonly projection: Projection;
  readonly judge: Judge;
  readonly parentOf: ParentOf;
  readonly removal: Removal;
  /** For the letters of what is refused now. */
  readonly letterContext: () => LetterContext;
  /** Makes dead letters of what OpenSearch refuses; resolves when they are durable. */
  readonly refuse: (rejections: readonly Rejection<RawRecord>[]) => Promise<void>;
}

export interface ReplayKit {
  readonly sink: OpenSearchSink<RawRecord>;
  readonly fetcher: RecordFetcher;
  /** Makes templates, indices and script what they must be; before the first operation. */
  readonly prepare: () => Promise<void>;
  of(projection: string): ProjectionKit | undefined;
  close(): Promise<void>;
}

const clock = (): Micros => BigInt(Date.now()) * 1000n;

export function createReplayKit({ client, decoder, tables, parking, settings, log, signal }: KitDependencies): ReplayKit {
  const { sink, prepare } = createFoldSink(settings, { client, metrics: createMetrics(), totals: createTotals(), log, signal });
  const fetcher = createRecordFetcher(settings.brokers, settings.kafkaClient, `metafold-replay-${process.pid}`);

  function kitOf(projection: Projection): ProjectionKit {
    const projectionSettings = foldSettings(settings, projection.docname);
    const { partition } = projectionSettings;
    const judge = createJudge({ projection, settings: projectionSettings, decoder, tables, log, signal });
    const letterContext = (): LetterContext => ({ projection: projection.name, generation: partition, timeMs: Date.now() });
    const refuse = (rejections: readonly Rejection<RawRecord>[]): Promise<void> =>
      parking.park(rejections.map((rejection) => letterOfRejection(rejection, letterContext())));
    const removal = createRemoval({
      ...{ client, projection, partition, sink, fetcher, judge, clock, refuse, log, signal },
      onDropped: () => undefined,
      onFailure: (error) => log.error({ err: error }, 'removal failed'),
      settleMs: settings.settleMs,
    });
    return { projection, judge, parentOf: parentFactory(projection, partition), removal, letterContext, refuse };
  }

  const kits = new Map<string, ProjectionKit>(projections.map((projection) => [projection.name, kitOf(projection)]));
  return {
    sink,
    fetcher,
    prepare,
    of: (projection) => kits.get(projection),
    async close() {
      for (const { removal } of kits.values()) removal.close();
      await fetcher.close();
    },
  };
}

/** What a record means now; a schema that is not known yet is looked up. */
export function judgeNow({ judge }: ProjectionKit, record: RawRecord): Promise<Judgement> {
  return judgeResolved(judge, record, clock());
}
