/** `metafold worker` and azul-metastore's names for a worker of one projection (spec 06 §2.1). */
import { errors } from '@opensearch-project/opensearch';
import { Option, InvalidArgumentError, type Command } from 'commander';
import { projections, type Projection } from '../../projections/index.js';
import { KafkaRequestError } from '../../streams/admin.js';
import { createDecoder } from '../../streams/decode.js';
import { createRegistry } from '../../streams/registry.js';
import { loadConfig } from '../config/index.js';
import { openParking } from '../dead-letters/parking.js';
import { MetafoldError } from '../errors.js';
import { openControl } from '../generations/control-topic.js';
import { startStatusServer } from '../http-status.js';
import { createMetrics } from '../metrics.js';
import { createOpenSearchClient, openSearchError } from '../opensearch/client.js';
import { TemplateVersionError } from '../opensearch/templates.js';
import { BulkRequestError } from '../sinks/opensearch-sink.js';
import { createLiveWorker } from '../worker/live-worker.js';
import { keepHeapSmall } from '../worker/heap.js';
import type { Worker } from '../worker/worker.js';
import { baseCommand, runCommand, type CommandContext, type CommonOptions } from './run.js';

interface WorkerOptions extends CommonOptions {
  readonly projections?: readonly Projection[];
  readonly untilIdle?: boolean;
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
  }
  return command.action((options: WorkerOptions) =>
    runCommand(name, { ...options, output: 'service' }, async (context) => {
      await work(only.length > 0 ? only : (options.projections ?? projections), options.untilIdle ?? false, context);
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

async function work(chosen: readonly Projection[], untilIdle: boolean, context: CommandContext): Promise<void> {
  const config = await loadConfig(process.env, { need: ['kafka', 'opensearch', 'security'] });
  const log = context.logger(config.logLevel);
  keepHeapSmall();
  for (const warning of config.warnings) log.warn(warning);
  const { brokers, client: kafkaClient, topicPrefix } = config.kafka;
  const client = createOpenSearchClient(config.opensearch);
  const metrics = createMetrics();
  const registry = config.registryUrl === undefined ? undefined : createRegistry({ url: config.registryUrl });
  const parking = await openParking({ brokers, client: kafkaClient, topicPrefix, log }).catch((error: unknown) => {
    throw codedError(error);
  });
  const control = await openControl({ kafka: config.kafka, partition: config.partition, log });
  const worker = createLiveWorker(chosen, config, {
    client,
    control,
    decoder: createDecoder({ registry }),
    park: (letters) => parking.park(letters),
    metrics,
    log,
  });
  const status = await startStatusServer(
    config.prometheusPort,
    metrics.registry,
    { health: () => undefined, readiness: () => worker.readiness() },
    log,
  );
  const stop = (): void => worker.stop(STOP_GRACE_MS);
  if (context.signal.aborted) stop();
  else context.signal.addEventListener('abort', stop, { once: true });
  log.info({ projections: chosen.map(({ name }) => name), partition: config.partition, topicPrefix, untilIdle }, 'worker starts');
  try {
    await worker.run({ untilIdle });
  } catch (error) {
    throw codedError(error);
  } finally {
    logSummary(worker, log);
    await control.close();
    await parking.close();
    await status?.close();
    await client.close();
  }
}

/** One line that says what was done and what it cost; benchmarks read it. */
function logSummary({ totals }: Worker, log: ReturnType<CommandContext['logger']>): void {
  const { records, documents, deadLetters, firstRecordMs, lastDurableMs, startupCpu } = totals;
  const seconds = firstRecordMs === undefined || lastDurableMs === undefined ? 0 : (lastDurableMs - firstRecordMs) / 1000;
  const { user, system } = process.cpuUsage(startupCpu);
  log.info({ records, documents, deadLetters, seconds, cpuSeconds: (user + system) / 1e6 }, 'worker ends');
}

function codedError(error: unknown): unknown {
  if (error instanceof MetafoldError) return error;
  if (error instanceof KafkaRequestError) return new MetafoldError('MF_KAFKA', error.message, {}, { cause: error });
  if (error instanceof TemplateVersionError) return new MetafoldError('MF_TEMPLATE_VERSION', error.message, {}, { cause: error });
  return error instanceof errors.OpenSearchClientError || error instanceof BulkRequestError ? openSearchError(error, 'worker') : error;
}
