/**
 * Makes the documents of one projection and generation agree with what no longer counts (spec 00 "Removal"): the face of this folder.
 *
 * For a worker: `retract` after its own writes are durable; when it resolves, every document that was found is right and so are the parents of
 * all that was removed. The same is done once more after a while by itself; `drain` waits for that.
 */
import type { Client } from '@opensearch-project/opensearch';
import PQueue from 'p-queue';
import type { Logger } from 'pino';
import { indexPatterns } from '../../projections/index-names.js';
import type { Projection } from '../../projections/index.js';
import type { Micros } from '../../schemas/events.js';
import type { RawRecord } from '../../streams/consumer.js';
import type { RecordFetcher } from '../../streams/fetch.js';
import { openSearchRequest } from '../opensearch/request.js';
import type { OpenSearchSink, Rejection } from '../sinks/opensearch-sink.js';
import type { DocumentOperation } from '../sinks/operations.js';
import { parentFactory } from '../sinks/parents.js';
import type { Judge } from '../worker/judge.js';
import { createAgain } from './again.js';
import { settleDocuments, type EngineDependencies } from './engine.js';
import { createDocumentFinder, type DocumentFinder } from './find.js';
import { createParentKeeper, parentName, type ParentName } from './parents.js';
import { createPatience } from './patience.js';
import { decide, decideOwed, RetractionIndex, type Retraction } from './retraction.js';
import { parentsFrom, RemovalTally, sumResults, type DropReason, type RemovalResult } from './tally.js';

export interface RemovalDependencies {
  readonly client: Client;
  readonly projection: Projection;
  /** Partition name of the generation. */
  readonly partition: string;
  readonly sink: OpenSearchSink<RawRecord>;
  readonly fetcher: RecordFetcher;
  readonly judge: Judge;
  readonly clock: () => Micros;
  /** Makes dead letters of contributions whose body OpenSearch refuses when it is to be shown; resolves when they are durable. */
  readonly refuse: (rejections: readonly Rejection<RawRecord>[]) => Promise<void>;
  readonly onDropped: (reason: DropReason) => void;
  /** A repetition failed for a reason that waiting does not mend: the worker has to stop. */
  readonly onFailure: (error: unknown) => void;
  /** After this time a removal is repeated. */
  readonly settleMs: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Documents a page of a search; for tests. */
  readonly pageSize?: number;
}

export interface Removal {
  /**
   * Takes out all contributions that any of the retractions names, wherever they are found. Resolves when everything found is durable; outages are
   * waited for. Rejects when aborted, or for what no waiting mends.
   */
  retract(retractions: readonly Retraction[]): Promise<RemovalResult>;
  /** Gives the documents of these operations the body that they owe. */
  settleOwed(operations: readonly DocumentOperation<RawRecord>[]): Promise<RemovalResult>;
  /**
   * Makes the parents of these documents exist or not, as their children say. For parents that were sent for documents which others may have removed
   * meanwhile: such a parent may have come after the remover looked.
   */
  judgeParents(documents: readonly { readonly index: string; readonly routing: string | undefined }[]): Promise<void>;
  /** Finds documents of the projection's generation. */
  readonly finder: DocumentFinder;
  /** The repetitions. */
  readonly again: {
    /** Calls of `retract` that wait for theirs. */
    readonly pending: number;
    /** Resolves when none is pending; rejects when one failed. */
    drain(): Promise<void>;
  };
  /** Forgets the repetitions that are pending; `drain` first where they matter. */
  close(): void;
}

/** What is done again: retractions, and the parents of what they had removed, see `parentsFrom`. */
interface Repetition {
  readonly retractions: readonly Retraction[];
  readonly parents: readonly string[];
}

/** Tokens a search; OpenSearch takes up to 65,536. */
const TOKENS_A_SEARCH = 512;
/** Searches side by side. */
const SEARCHES_AT_ONCE = 2;
/** Parents counted in one request. */
const PARENTS_AT_ONCE = 1_000;

export function createRemoval(deps: RemovalDependencies): Removal {
  const { client, projection, partition, sink, fetcher, judge, clock, refuse, onDropped, onFailure, settleMs, log, signal, pageSize } =
    deps;
  const patience = createPatience(log, signal);
  const patterns = indexPatterns(partition, projection.docname);
  const finder = createDocumentFinder({
    client,
    patterns,
    patience,
    onUnreadable: ({ _index, _id }, error) =>
      log.error({ err: error, index: _index, id: _id }, 'document holds no contributions that can be read'),
    ...(pageSize === undefined ? {} : { pageSize }),
  });
  const parents = projection.parents
    ? createParentKeeper({ client, finder, sink, patience, parentOf: parentFactory(projection, partition) })
    : undefined;
  const engine: EngineDependencies = { finder, sink, parents, fetcher, judge, clock, refuse, patience };
  // Parents of documents that only get their body are their writer's concern.
  const owedEngine: EngineDependencies = {
    ...engine,
    parents: parents && { ...parents, prepare: (operations) => parents.prepare(operations.filter(({ kind }) => kind === 'delete')) },
  };
  const again = createAgain<Repetition>({
    settleMs,
    ping: () => patience('ping', () => openSearchRequest(client, 'GET', '/', { maxRetries: 0, timeoutMs: PING_MS })),
    repeat,
    onFailure,
  });

  async function judgeParents(names: readonly ParentName[], tally: RemovalTally): Promise<void> {
    if (!parents) return;
    for (let at = 0; at < names.length; at += PARENTS_AT_ONCE) {
      const { removed, restored } = await parents.judge(names.slice(at, at + PARENTS_AT_ONCE));
      tally.restoredParents(restored);
      tally.removedParents(removed);
    }
  }

  /** One search and all that follows from it. */
  async function retractFound(tokens: readonly string[], index: RetractionIndex): Promise<RemovalTally> {
    const tally = new RemovalTally(onDropped);
    for await (const page of finder.search(tokens)) {
      await settleDocuments(page, (document) => decide(document, index), tally, engine);
      if (tally.parentsToJudge >= PARENTS_AT_ONCE) await judgeParents(tally.takeParents(), tally);
    }
    await judgeParents(tally.takeParents(), tally);
    return tally;
  }

  async function retractOnce(retractions: readonly Retraction[]): Promise<RemovalTally[]> {
    const index = new RetractionIndex(retractions);
    const { tokens } = index;
    await finder.refresh();
    const queue = new PQueue({ concurrency: SEARCHES_AT_ONCE });
    const searches: Promise<RemovalTally>[] = [];
    for (let at = 0; at < tokens.length; at += TOKENS_A_SEARCH) {
      searches.push(queue.add(() => retractFound(tokens.slice(at, at + TOKENS_A_SEARCH), index)));
    }
    return Promise.all(searches);
  }

  async function repeat(repetitions: readonly Repetition[]): Promise<void> {
    const tallies = await retractOnce(repetitions.flatMap(({ retractions }) => retractions));
    const late = sumResults(tallies.map((tally) => tally.result()));
    if (late.changed + late.deleted > 0) {
      log.info(late, 'removed what was written late');
      // Its writer sends the parents after it, maybe only now.
      again.add({
        retractions: repetitions.flatMap(({ retractions }) => retractions),
        parents: tallies.flatMap((tally) => tally.bereavedParents),
      });
    }
    const tally = new RemovalTally();
    for (const text of repetitions.flatMap((repetition) => repetition.parents)) await judgeParents(parentsFrom(text), tally);
  }

  return {
    async retract(retractions) {
      if (retractions.length === 0) return sumResults([]);
      const tallies = await retractOnce(retractions);
      again.add({ retractions, parents: tallies.flatMap((tally) => tally.bereavedParents) });
      return sumResults(tallies.map((tally) => tally.result()));
    },

    async settleOwed(operations) {
      const tally = new RemovalTally(onDropped);
      await settleDocuments(await finder.readAgain(operations), decideOwed, tally, owedEngine);
      for (const text of tally.bereavedParents) await judgeParents(parentsFrom(text), tally);
      return tally.result();
    },

    async judgeParents(documents) {
      await judgeParents(
        documents.flatMap((document) => parentName(document) ?? []),
        new RemovalTally(),
      );
    },

    finder,

    again: {
      get pending() {
        return again.pending;
      },
      drain: () => again.drain(),
    },
    close: () => again.close(),
  };
}

const PING_MS = 5_000;
