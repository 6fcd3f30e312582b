/** `metafold worker` and azul-metastore's names for a worker of one projection (spec 06 §2.1). */
import { Option, InvalidArgumentError, type Command } from 'commander';
import type { Docname } from '../../projections/index-names.js';
import { projections, type Projection } from '../../projections/index.js';
import { createDecoder, type Decoder } from '../../streams/decode.js';
import { createRegistry } from '../../streams/registry.js';
import { createCollectionsWorker } from '../collections/owner/index.js';
import { loadConfig, type Config } from '../config/index.js';
import { openParking } from '../dead-letters/parking.js';
import { openLetterIndex } from '../dead-letters/replaced.js';
import { readDeadLetters } from '../dead-letters/read.js';
import { FAMILIES, projectionsOf } from '../generations/families.js';
import { foldTargets, readKnown } from '../generations/known.js';
import { openControl } from '../generations/control-topic.js';
import { startStatusServer } from '../http-status.js';
import { MetafoldError } from '../errors.js';
import { createMetrics, type Metrics } from '../metrics.js';
import { createOpenSearchClient } from '../opensearch/client.js';
import { createLiveWorker, type LiveWorkerDependencies } from '../worker/live-worker.js';
import { keepHeapSmall } from '../worker/heap.js';
import { workerSettings } from '../worker/settings.js';
import { createWorker, type Worker } from '../worker/worker.js';
import { operationError } from './operation-error.js';
import { baseCommand, runCommand, type CommandContext, type CommonOptions } from './run.js';

/** What a worker folds: documents of these projections, and collections. */
interface Chosen {
  readonly documents: readonly Projection[];
  /** `ifPossible`: when a Redis is configured. */
  readonly collections: boolean | 'ifPossible';
}

interface WorkerOptions extends CommonOptions {
  readonly projections?: Chosen;
  readonly untilIdle?: boolean;
  readonly into?: ReadonlyMap<Docname, number>;
}

type Log = ReturnType<CommandContext['logger']>;

/** A part of a worker: documents, or collections. */
type Part = Pick<Worker, 'run' | 'stop' | 'readiness'>;

/** What is in hand when a worker is stopped gets this long to become durable. */
const STOP_GRACE_MS = 30_000;
const COLLECTIONS = 'collections';
const NAMES = [...projections.map(({ name }) => name), COLLECTIONS];
const ALL: Chosen = { documents: projections, collections: 'ifPossible' };

export function createCommand(name: string): Command {
  const only = projections.filter((projection) => name === `ingest-${projection.name}`);
  const command = baseCommand(
    name,
    only.length > 0
      ? `fold ${only[0]!.name} events only: the worker limited to one projection`
      : 'fold all topics into OpenSearch documents, and into collections in Redis',
    [
      `metafold ${name}`,
      `metafold ${name} --until-idle`,
      ...(only.length > 0 ? [] : ['metafold worker --projections binary,status', 'metafold worker --projections collections']),
    ],
  ).option('--until-idle', 'return once all lag is zero and everything is durable and searchable');
  if (only.length === 0) {
    command.addOption(
      new Option(
        '--projections <names>',
        `comma-separated, of ${NAMES.join(', ')} (default: all; ${COLLECTIONS} when METAFOLD_REDIS_URL is set)`,
      ).argParser(readProjections),
    );
    command.addOption(
      new Option('--into <generations>', 'fold into these generations only, as in binary2=2,status=2: how `metafold rebuild` starts it')
        .argParser(readInto)
        .hideHelp(),
    );
  }
  return command.action((options: WorkerOptions) =>
    runCommand(name, { ...options, output: 'service' }, async (context) => {
      await work(only.length > 0 ? { documents: only, collections: false } : (options.projections ?? ALL), options, context);
      return { result: {} };
    }),
  );
}

function readProjections(value: string): Chosen {
  const names = value.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new InvalidArgumentError(`"${unknown}" is no projection, expected ${NAMES.join(', ')}.`);
  return { documents: projections.filter(({ name }) => names.includes(name)), collections: names.includes(COLLECTIONS) };
}

function readInto(value: string): Map<Docname, number> {
  return new Map(
    value.split(',').map((part) => {
      const [, name, generation] = /^([a-z0-9]+)=([1-9][0-9]{0,6})$/.exec(part) ?? [];
      const docname = FAMILIES.find((family) => family === name);
      if (docname === undefined) throw new InvalidArgumentError(`"${part}" is no <docname>=<generation>, of ${FAMILIES.join(', ')}.`);
      return [docname, Number(generation)];
    }),
  );
}

async function work(chosen: Chosen, { untilIdle = false, into }: WorkerOptions, context: CommandContext): Promise<void> {
  // Collections alone need no OpenSearch.
  const config = await loadConfig(process.env, { need: ['kafka', 'security'] });
  const documentConfig =
    chosen.documents.length > 0 ? await loadConfig(process.env, { need: ['kafka', 'opensearch', 'security'] }) : undefined;
  const log = context.logger(config.logLevel);
  keepHeapSmall();
  for (const warning of config.warnings) log.warn(warning);
  const { partition, registryUrl, kafka } = config;
  const registry = registryUrl === undefined ? undefined : createRegistry({ url: registryUrl });
  const metrics = createMetrics();
  const decoder = createDecoder({ registry });
  const collections = into === undefined && foldsCollections(chosen.collections, config.redis !== undefined, log);
  const folded = collections ? createCollectionsWorker(config, { decoder, registry: metrics.registry, log }) : undefined;
  const documents = documentConfig && (await openDocuments(chosen.documents, documentConfig, { decoder, metrics, log }, into));
  const parts: Part[] = [documents?.worker, folded].filter((part) => part !== undefined);
  const status = await startStatusServer(
    config.prometheusPort,
    metrics.registry,
    { health: () => undefined, readiness: () => parts.map((part) => part.readiness()).find((problem) => problem !== undefined) },
    log,
  );
  const stop = (): void => parts.forEach((part) => part.stop(STOP_GRACE_MS));
  if (context.signal.aborted) stop();
  else context.signal.addEventListener('abort', stop, { once: true });
  if (into !== undefined) process.once('message', stop);
  const names = [...chosen.documents.map(({ name }) => name), ...(collections ? [COLLECTIONS] : [])];
  log.info({ projections: names, partition, topicPrefix: kafka.topicPrefix, untilIdle }, 'worker starts');
  try {
    await runAll(parts, untilIdle);
  } catch (error) {
    throw operationError(error, 'worker');
  } finally {
    if (documents !== undefined) logSummary(documents.worker, log);
    await documents?.close();
    await status?.close();
  }
}

/** Throws MF_CONFIG when collections were asked for and there is no Redis to fold them into. */
function foldsCollections(wanted: Chosen['collections'], hasRedis: boolean, log: Log): boolean {
  if (wanted === false || hasRedis) return wanted !== false;
  if (wanted === 'ifPossible') {
    log.info('METAFOLD_REDIS_URL is not set: collections are not folded here');
    return false;
  }
  throw new MetafoldError('MF_CONFIG', 'METAFOLD_REDIS_URL is not set: collections are folded into Redis', {
    setting: 'metafold_redis_url',
  });
}

/** All of them side by side; when one ends with an error, the others are stopped and end, too. */
async function runAll(parts: readonly Part[], untilIdle: boolean): Promise<void> {
  const runs = parts.map(async (part) => {
    try {
      await part.run({ untilIdle });
    } catch (error) {
      for (const other of parts) if (other !== part) other.stop(STOP_GRACE_MS);
      throw error;
    }
  });
  const failed = (await Promise.allSettled(runs)).find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

interface DocumentsDependencies {
  readonly decoder: Decoder;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** The worker of documents in OpenSearch, with what it needs besides. */
async function openDocuments(
  chosen: readonly Projection[],
  config: Config,
  { decoder, metrics, log }: DocumentsDependencies,
  into: WorkerOptions['into'],
): Promise<{ readonly worker: Worker; readonly close: () => Promise<void> }> {
  const { brokers, client: kafkaClient, topicPrefix } = config.kafka;
  const client = createOpenSearchClient(config.opensearch);
  const parking = await openParking({ brokers, client: kafkaClient, topicPrefix, log }).catch((error: unknown) => {
    throw operationError(error, 'worker');
  });
  const letterIndex = await openLetterIndex({ brokers, client: kafkaClient, topicPrefix, log }).catch((error: unknown) => {
    throw operationError(error, 'worker');
  });
  const control = await openControl({ kafka: config.kafka, partition: config.partition, log });
  const deps: LiveWorkerDependencies = {
    client,
    control,
    decoder,
    park: (letters) => parking.park(letters),
    letters: async (projection) => {
      const letters = await readDeadLetters(config.kafka, (message) => log.warn(message));
      return letters.filter((letter) => letter.projection === projection);
    },
    forgetLetters: async (projection, records) => parking.remove(await letterIndex.replacedBy(projection, records)),
    metrics,
    log,
  };
  return {
    worker: into === undefined ? createLiveWorker(chosen, config, deps) : await createFiller(into, config, deps),
    async close() {
      await control.close();
      await letterIndex.close();
      await parking.close();
      await client.close();
    },
  };
}

/** A worker for generations that are not active: it does not follow the active one. */
async function createFiller(into: ReadonlyMap<Docname, number>, config: Config, deps: LiveWorkerDependencies): Promise<Worker> {
  const known = await readKnown(deps.client, config.partition, deps.control.state);
  const targets = foldTargets(config.partition, known, into);
  return createWorker(projectionsOf([...into.keys()]), workerSettings(config, targets), deps);
}

/** One line that says what was done and what it cost; benchmarks read it. */
function logSummary({ totals }: Worker, log: Log): void {
  const { records, documents, deadLetters, firstRecordMs, lastDurableMs, searchableMs, startupCpu } = totals;
  const secondsTo = (end: number | undefined): number =>
    firstRecordMs === undefined || end === undefined ? 0 : (end - firstRecordMs) / 1000;
  const { user, system } = process.cpuUsage(startupCpu);
  log.info(
    {
      records,
      documents,
      deadLetters,
      seconds: secondsTo(lastDurableMs),
      searchableSeconds: secondsTo(searchableMs),
      cpuSeconds: (user + system) / 1e6,
    },
    'worker ends',
  );
}
