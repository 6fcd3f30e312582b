/**
 * Searches by features last too long for a request: the first answer says that one was started, later ones how far it is, then what it
 * found (spec 04 §6.13). There is one run at a time for each binary and set of callers that see the same documents. A run that dies
 * leaves its last progress behind, which is forgotten after a while, so that another is started.
 */
import type { FastifyBaseLogger } from 'fastify';
import { overloaded } from '../api-error.js';
import type { KeptDocument, ResultCache } from '../cache/index.js';
import type { Context } from '../caller.js';
import { COMPLETE, searchByFeatures, starting, type SimilarByFeatures } from './feature-search.js';

/** Runs of one server at a time; each is several heavy searches. */
const MAX_RUNS = 8;

export interface FeatureRuns {
  /** What is known of the binary (`sha256` in lower case); starts a run when nothing is, or when it is to be found anew. */
  answer(context: Context, sha256: string, anew: boolean): Promise<SimilarByFeatures>;
  /** Stops all runs and waits for their end. */
  stop(): Promise<void>;
}

export interface FeatureRunsOptions {
  readonly cache: ResultCache;
  readonly log: FastifyBaseLogger;
  /** How long one search may take; progress that is older than a few of them is of a run that died. */
  readonly timeoutSeconds: number;
}

export function createFeatureRuns({ cache, log, timeoutSeconds }: FeatureRunsOptions): FeatureRuns {
  const stopping = new AbortController();
  const running = new Map<string, Promise<void>>();
  const progressTtlSeconds = 2 * timeoutSeconds + 30;

  async function run(context: Context, document: KeptDocument, sha256: string, first: SimilarByFeatures): Promise<void> {
    try {
      const before = await document.replace(JSON.stringify(first), progressTtlSeconds);
      // Another server has just begun the same.
      if (before !== undefined && statusOf(before) !== COMPLETE) return;
      const report = (progress: SimilarByFeatures): void => document.write(JSON.stringify(progress), progressTtlSeconds);
      const reader = context.readerUntil(stopping.signal);
      document.write(JSON.stringify(await searchByFeatures(reader, sha256, first.timestamp, report)));
    } catch (error) {
      document.remove();
      if (!stopping.signal.aborted) log.warn({ err: error, sha256 }, 'search for binaries with the same features failed');
    }
  }

  return {
    async answer(context, sha256, anew) {
      const document = await cache.document(context, { category: 'similar', version: 'v2', unique: sha256 });
      const known = anew ? undefined : await document.read();
      if (known !== undefined) return JSON.parse(known) as SimilarByFeatures;
      const first = starting(new Date().toISOString());
      const { key } = document;
      if (running.has(key)) return first;
      if (running.size >= MAX_RUNS || stopping.signal.aborted) throw overloaded();
      running.set(
        key,
        run(context, document, sha256, first).finally(() => running.delete(key)),
      );
      return first;
    },
    async stop() {
      stopping.abort(new Error('the server stops'));
      await Promise.all(running.values());
    },
  };
}

function statusOf(text: string): string {
  return (JSON.parse(text) as SimilarByFeatures).status;
}
