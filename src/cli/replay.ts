import { InvalidArgumentError, type Command } from 'commander';
import { projections } from '../../projections/index.js';
import { createDecoder } from '../../streams/decode.js';
import { createGroupLagReader, type PartitionLag } from '../../streams/group-lag.js';
import { createRegistry } from '../../streams/registry.js';
import { TableHolder } from '../compare/family.js';
import { readLogTables } from '../tables/log-tables.js';
import { loadConfig, type KafkaConfig } from '../config/index.js';
import { openParking } from '../dead-letters/parking.js';
import { MetafoldError } from '../errors.js';
import { activeTargets, readSeen } from '../generations/active.js';
import { checkOpenSearch, createOpenSearchClient } from '../opensearch/client.js';
import { createReplayKit } from '../replay/kit.js';
import { offsetsAt, parsePlace, type Place } from '../replay/place.js';
import { replaySlice, type SliceCounts } from '../replay/slice.js';
import { readingOf } from '../worker/binding.js';
import { workerSettings } from '../worker/settings.js';
import { operationError } from './operation-error.js';
import { Pace } from './pace.js';
import {
  baseCommand,
  CommandFailure,
  runCommand,
  wholeNumber,
  type CommandContext,
  type CommandOutcome,
  type CommonOptions,
} from './run.js';

interface ReplayOptions extends CommonOptions {
  readonly topic: string;
  readonly from: Place;
  readonly to?: Place;
  readonly partition?: number;
}

/** `metafold replay` (spec 06 §2.7). */
export function createCommand(name: string): Command {
  return baseCommand(
    name,
    'fold a slice of a topic again, at the records’ own positions, so that nothing changes but what was wrong. Times are those of the records in Kafka',
    [
      'metafold replay --topic azul.qa01.s1.binary.sourced --from 0',
      'metafold replay --topic s1.binary.enriched --from 2026-03-01T00:00:00Z --to 2026-03-02T00:00:00Z',
      'metafold replay --topic system.status --partition 2 --from 1000 --to 2000 --json',
    ],
  )
    .requiredOption('--topic <name>', 'whole, or without azul.<prefix>.')
    .requiredOption('--from <offset|time>', 'the first record: an offset, or an RFC 3339 time', place)
    .option('--to <offset|time>', 'the first record that is left out; default: the end that the log has now', place)
    .option('--partition <n>', 'one partition; default: all, an offset counts for each', wholeNumber(0, 1_000_000))
    .action((options: ReplayOptions) => runCommand(name, options, (context) => run(options, context)));
}

function place(text: string): Place {
  const found = parsePlace(text);
  if (found === undefined) throw new InvalidArgumentError('expected an offset or a time such as 2026-03-01T00:00:00Z.');
  return found;
}

async function partitionsOf({ brokers, client }: KafkaConfig, topic: string, wanted: number | undefined): Promise<PartitionLag[]> {
  const reader = createGroupLagReader(brokers, client);
  try {
    const pattern = `^${topic.replace(/[^A-Za-z0-9_-]/g, '\\$&')}$`;
    const found = await reader.lag('metafold-replay', [pattern]);
    const partitions = found.filter(({ partition }) => wanted === undefined || partition === wanted);
    if (partitions.length > 0) return partitions;
    const message = found.length === 0 ? `there is no topic ${topic}` : `topic ${topic} has no partition ${wanted}`;
    throw new MetafoldError('MF_KAFKA_TOPIC', message, { topic });
  } finally {
    reader.close();
  }
}

async function run(options: ReplayOptions, context: CommandContext): Promise<CommandOutcome> {
  const config = await loadConfig(process.env, { need: ['kafka', 'opensearch', 'security'] });
  for (const warning of config.warnings) context.warn(warning);
  const { kafka, partition, registryUrl } = config;
  const topic = options.topic.startsWith('azul.') ? options.topic : `azul.${kafka.topicPrefix}.${options.topic}`;
  const reading = projections.filter((projection) => readingOf(projection, topic) !== undefined);
  if (reading.length === 0) throw new MetafoldError('MF_USAGE', `topic ${topic} is folded by no projection`, { topic });
  const log = context.logger('warn');
  const client = createOpenSearchClient(config.opensearch);
  const decoder = createDecoder({ registry: registryUrl === undefined ? undefined : createRegistry({ url: registryUrl }) });
  const counts: SliceCounts = { records: 0, overtaken: 0, nothing: 0, refused: 0, documents: 0, retracted: 0 };
  try {
    await checkOpenSearch(client);
    const partitions = await partitionsOf(kafka, topic, options.partition);
    const from = await offsetsAt(options.from, partitions, kafka);
    const to = options.to === undefined ? undefined : await offsetsAt(options.to, partitions, kafka);
    const slice = partitions.map((one) => ({
      ...{ topic, partition: one.partition },
      from: from.get(one.partition)!,
      to: to?.get(one.partition) ?? one.high,
    }));
    const tables = new TableHolder(await readLogTables(kafka, decoder));
    const settings = workerSettings(config, activeTargets(partition, await readSeen(client, partition)));
    const parking = await openParking({ ...kafka, log });
    const kit = createReplayKit({ client, decoder, tables, parking, settings, log, signal: context.signal });
    const paces = new Map(['keys', 'fold'].map((stage) => [stage, new Pace()]));
    try {
      await kit.prepare();
      await replaySlice(slice, new Map(partitions.map((one) => [one.partition, one.high])), counts, {
        ...{ kit, parking, kits: reading.map(({ name }) => kit.of(name)!) },
        logReader: { brokers: kafka.brokers, client: kafka.client, signal: context.signal },
        onProgress: (stage, done, total) => context.progress.report(stage, done, total, paces.get(stage)?.observe(Date.now(), done, total)),
      });
    } finally {
      await kit.close();
      await parking.close();
    }
    return outcomeOf(topic, slice, counts);
  } catch (error) {
    throw new CommandFailure(operationError(error, 'replay'), counts);
  } finally {
    await client.close();
  }
}

function outcomeOf(topic: string, slice: readonly { partition: number; from: number; to: number }[], counts: SliceCounts): CommandOutcome {
  const partitions = slice.map(({ partition, from, to }) => ({ partition, from, to }));
  const result = { topic, partitions, ...counts };
  const text =
    `${counts.records} records: ${counts.documents} documents written, ${counts.nothing} records ask for nothing, ` +
    `${counts.overtaken} overtaken by later ones, ${counts.retracted} documents corrected, ${counts.refused} refused`;
  if (counts.refused === 0) return { result, text };
  const error = new MetafoldError('MF_PARTIAL', `${counts.refused} events were refused, see \`metafold dead-letters list\``);
  return { result, text, exitCode: 4, error };
}
