/** Workers of an arena in the test's own process: many short ones, without the start of a program for each. */
import { Client } from '@opensearch-project/opensearch';
import pino, { type Logger } from 'pino';
import { projections } from '../../projections/index.js';
import { loadConfig } from '../../src/config/index.js';
import { openParking } from '../../src/dead-letters/parking.js';
import { openLetterIndex } from '../../src/dead-letters/replaced.js';
import { readDeadLetters } from '../../src/dead-letters/read.js';
import { createMetrics } from '../../src/metrics.js';
import { wholePartition } from '../../src/opensearch/template-settings.js';
import { exportDocuments } from '../../src/export/export.js';
import { foldSettings, workerSettings } from '../../src/worker/settings.js';
import { createWorker } from '../../src/worker/worker.js';
import { createDecoder } from '../../streams/decode.js';
import type { ProjectionSettings } from '../../projections/settings.js';
import type { JsonObject } from '../../schemas/json-text.js';
import type { Arena } from './arena.js';
import { documentMap } from './history.js';
import type { Environment } from './metafold.js';
import { testStack } from './stack.js';
import { stepOf, type Step } from './steps.mjs';

export interface RunningWorker {
  /** Ends with the worker; never rejects. */
  readonly ended: Promise<void>;
  /** What made it end, if that was no success. */
  readonly failure: () => unknown;
  stop(graceMs: number): void;
}

export interface Workers {
  start(options: { readonly untilIdle: boolean; readonly environment?: Environment }): Promise<RunningWorker>;
  /** What their folds need. */
  settings(): Promise<ProjectionSettings>;
  /** All documents, exported, by index and id. */
  documents(): Promise<Map<string, JsonObject>>;
  /** Log lines of all of them. */
  readonly lines: string[];
  close(): Promise<void>;
}

export interface WorkersOptions {
  /** Called before each request to OpenSearch. */
  readonly onStep?: (step: Step) => void;
  /** Of a request other than a bulk, so that an outage shows. */
  readonly requestTimeoutMs?: number;
}

/** Workers of the arena's first generation. */
export async function openWorkers(arena: Arena, { onStep, requestTimeoutMs = 60_000 }: WorkersOptions = {}): Promise<Workers> {
  const { kafka } = await loadConfig(arena.environment, { need: ['kafka', 'opensearch', 'security'] });
  const lines: string[] = [];
  const log: Logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const client = new Client({ node: testStack().opensearchUrl, requestTimeout: requestTimeoutMs });
  if (onStep) tellSteps(client, onStep);
  const parking = await openParking({ brokers: kafka.brokers, client: kafka.client, topicPrefix: kafka.topicPrefix, log });
  const letterIndex = await openLetterIndex({ brokers: kafka.brokers, client: kafka.client, topicPrefix: kafka.topicPrefix, log });
  const running = new Set<RunningWorker>();
  let started = 0;

  return {
    lines,
    async settings() {
      const config = await loadConfig(arena.environment, { need: ['kafka', 'opensearch', 'security'] });
      return foldSettings(workerSettings(config, wholePartition(arena.partition)), 'binary2');
    },
    async documents() {
      const texts: string[] = [];
      await exportDocuments(
        client,
        {
          partition: arena.partition,
          docnames: undefined,
          withFold: false,
          signal: new AbortController().signal,
          write: (text) => Promise.resolve(void texts.push(text)),
          onProgress: () => undefined,
        },
        { documents: 0, indices: {} },
      );
      return documentMap(texts.join(''));
    },
    async start({ untilIdle, environment = {} }) {
      const config = await loadConfig({ ...arena.environment, ...environment }, { need: ['kafka', 'opensearch', 'security'] });
      const worker = createWorker(projections, workerSettings(config, wholePartition(arena.partition)), {
        client,
        decoder: createDecoder({ registry: undefined }),
        park: (letters) => parking.park(letters),
        letters: async (projection) => {
          const letters = await readDeadLetters(kafka, (message) => log.warn(message));
          return letters.filter((letter) => letter.projection === projection);
        },
        forgetLetters: async (projection, records) => parking.remove(await letterIndex.replacedBy(projection, records)),
        metrics: createMetrics(),
        log: log.child({ worker: started++ }),
      });
      let failure: unknown;
      const ended = worker
        .run({ untilIdle })
        .catch((error: unknown) => void (failure = error))
        .finally(() => running.delete(one));
      const one: RunningWorker = { ended, failure: () => failure, stop: (graceMs) => worker.stop(graceMs) };
      running.add(one);
      return one;
    },
    async close() {
      for (const one of running) one.stop(0);
      await Promise.all([...running].map(({ ended }) => ended));
      await letterIndex.close();
      await parking.close();
      await client.close();
    },
  };
}

function tellSteps({ transport }: Client, onStep: (step: Step) => void): void {
  const request = transport.request.bind(transport) as (...all: readonly unknown[]) => unknown;
  const told = (params: Parameters<typeof stepOf>[0], ...rest: readonly unknown[]): unknown => {
    onStep(stepOf(params));
    return request(params, ...rest);
  };
  Object.assign(transport, { request: told });
}
