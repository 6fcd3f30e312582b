/** `metafold worker` and azul-metastore's names for a worker of one projection (spec 06 §2.1). */
import { Option, InvalidArgumentError, type Command } from 'commander';
import type { Docname } from '../../projections/index-names.js';
import { projections, type Projection } from '../../projections/index.js';
import { createDecoder } from '../../streams/decode.js';
import { createRegistry } from '../../streams/registry.js';
import { loadConfig, type Config } from '../config/index.js';
import { openParking } from '../dead-letters/parking.js';
import { openLetterIndex } from '../dead-letters/replaced.js';
import { readDeadLetters } from '../dead-letters/read.js';
import { FAMILIES, projectionsOf } from '../generations/families.js';
import { foldTargets, readKnown } from '../generations/known.js';
import { openControl } from '../generations/control-topic.js';
import { startStatusServer } from '../http-status.js';
import { createMetrics } from '../metrics.js';
import { createOpenSearchClient } from '../opensearch/client.js';
import { createLiveWorker, type LiveWorkerDependencies } from '../worker/live-worker.js';
import { keepHeapSmall } from '../worker/heap.js';
import { workerSettings } from '../worker/settings.js';
import { createWorker, type Worker } from '../worker/worker.js';
import { operationError } from './operation-error.js';
import { baseCommand, runCommand, type CommandContext, type CommonOptions } from './run.js';

interface WorkerOptions extends CommonOptions {
  readonly projections?: readonly Projection[];
  readonly untilIdle?: boolean;
  readonly into?: ReadonlyMap<Docname, number>;
}

/** What is in hand when a worker is stopped gets this long to become durable. */
const STOP_GRACE_MS = 30_000;

export function createCommand(name: string): Command {
  const only = projections.filter((projection) => name === `ingest-${projection.name}`);
  const command = baseCommand(
    name,
    only.length > 0
      ? `fold ${only[0]!.name} events only: the worker limited to one projection`
      : 'fold all topics into OpenSearch documents',
    [`metafold ${name}`, `metafold ${name} --until-idle`, ...(only.length > 0 ? [] : ['metafold worker --projections binary,status'])],
  ).option('--until-idle', 'return once all lag is zero and everything is durable and searchable');
  if (only.length === 0) {
    command.addOption(
      new Option('--projections <names>', `comma-separated, of ${projections.map((one) => one.name).join(', ')} (default: all)`).argParser(
        readProjections,
      ),
    );
    command.addOption(
      new Option('--into <generations>', 'fold into these generations only, as in binary2=2,status=2: how `metafold rebuild` starts it')
        .argParser(readInto)
        .hideHelp(),
    );
  }
  return command.action((options: WorkerOptions) =>
    runCommand(name, { ...options, output: 'service' }, async (context) => {
      await work(only.length > 0 ? only : (options.projections ?? projections), options, context);
      return { result: {} };
    }),
  );
}

function readProjections(value: string): Projection[] {
  return value.split(',').map((name) => {
    const found = projections.find((projection) => projection.name === name.trim());
    if (!found) throw new InvalidArgumentError(`"${name}" is no projection, expected ${projections.map((one) => one.name).join(', ')}.`);
    return found;
  });
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

async function work(chosen: readonly Projection[], { untilIdle = false, into }: WorkerOptions, context: CommandContext): Promise<void> {
  const config = await loadConfig(process.env, { need: ['kafka', 'opensearch', 'security'] });
  const log = context.logger(config.logLevel);
  keepHeapSmall();
  for (const warning of config.warnings) log.warn(warning);
  const { brokers, client: kafkaClient, topicPrefix } = config.kafka;
  const client = createOpenSearchClient(config.opensearch);
  const metrics = createMetrics();
  const registry = config.registryUrl === undefined ? undefined : createRegistry({ url: config.registryUrl });
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
    decoder: createDecoder({ registry }),
    park: (letters) => parking.park(letters),
    letters: async (projection) => {
      const letters = await readDeadLetters(config.kafka, (message) => log.warn(message));
      return letters.filter((letter) => letter.projection === projection);
    },
    forgetLetters: async (projection, records) => parking.remove(await letterIndex.replacedBy(projection, records)),
    metrics,
    log,
  };
  const worker = into === undefined ? createLiveWorker(chosen, config, deps) : await createFiller(into, config, deps);
  const status = await startStatusServer(
    config.prometheusPort,
    metrics.registry,
    { health: () => undefined, readiness: () => worker.readiness() },
    log,
  );
  const stop = (): void => worker.stop(STOP_GRACE_MS);
  if (context.signal.aborted) stop();
  else context.signal.addEventListener('abort', stop, { once: true });
  if (into !== undefined) process.once('message', stop);
  log.info({ projections: chosen.map(({ name }) => name), partition: config.partition, topicPrefix, untilIdle }, 'worker starts');
  try {
    await worker.run({ untilIdle });
  } catch (error) {
    throw operationError(error, 'worker');
  } finally {
    logSummary(worker, log);
    await control.close();
    await letterIndex.close();
    await parking.close();
    await status?.close();
    await client.close();
  }
}

/** A worker for generations that are not active: it does not follow the active one. */
async function createFiller(into: ReadonlyMap<Docname, number>, config: Config, deps: LiveWorkerDependencies): Promise<Worker> {
  const known = await readKnown(deps.client, config.partition, deps.control.state);
  const targets = foldTargets(config.partition, known, into);
  return createWorker(projectionsOf([...into.keys()]), workerSettings(config, targets), deps);
}

/** One line that says what was done and what it cost; benchmarks read it. */
function logSummary({ totals }: Worker, log: ReturnType<CommandContext['logger']>): void {
  const { records, documents, deadLetters, firstRecordMs, lastDurableMs, startupCpu } = totals;
  const seconds = firstRecordMs === undefined || lastDurableMs === undefined ? 0 : (lastDurableMs - firstRecordMs) / 1000;
  const { user, system } = process.cpuUsage(startupCpu);
  log.info({ records, documents, deadLetters, seconds, cpuSeconds: (user + system) / 1e6 }, 'worker ends');
}
