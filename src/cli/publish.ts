import { InvalidArgumentError, type Command } from 'commander';
import { createRegistry } from '../../streams/registry.js';
import type { WireVersion } from '../../streams/encode.js';
import { loadConfig, type Config } from '../config/index.js';
import { MetafoldError } from '../errors.js';
import { readLines } from '../publish/input.js';
import { noCounts, publishLines, type PublishCounts } from '../publish/publish.js';
import { openSession } from '../publish/session.js';
import {
  baseCommand,
  CommandFailure,
  runCommand,
  wholeNumber,
  type CommandContext,
  type CommandOutcome,
  type CommonOptions,
} from './run.js';

interface PublishCommandOptions extends CommonOptions {
  readonly modelVersion: WireVersion;
  readonly framed?: boolean;
  readonly shuffle?: string;
  readonly repeat: number;
  readonly limit?: number;
  readonly partitions?: number;
  readonly replication?: number;
}

function modelVersion(value: string): WireVersion {
  if (value !== '4' && value !== '5' && value !== '6') throw new InvalidArgumentError('expected 4, 5 or 6.');
  return Number(value) as WireVersion;
}

function registryFor(options: PublishCommandOptions, config: Config<'kafka'>) {
  if (!options.framed) return undefined;
  if (config.registryUrl === undefined) {
    throw new MetafoldError(
      'MF_CONFIG',
      'METAFOLD_REGISTRY_URL is not set, expected the address of a schema registry because of --framed',
      {
        setting: 'metafold_registry_url',
      },
    );
  }
  return createRegistry({ url: config.registryUrl });
}

function textOf(counts: PublishCounts, created: readonly string[], seconds: number): string {
  const topics = Object.entries(counts.topics).sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = topics.map(([topic, count]) => `${String(count).padStart(9)}  ${topic}${created.includes(topic) ? '  (new)' : ''}`);
  const rate = Math.round(counts.published / Math.max(seconds, 0.001));
  return [
    ...lines,
    `${counts.published} records in ${seconds.toFixed(1)} s (${rate} a second), ${counts.tombstones} of them tombstones`,
  ].join('\n');
}

async function publish(files: readonly string[], options: PublishCommandOptions, context: CommandContext): Promise<CommandOutcome> {
  const config = await loadConfig(process.env, { need: ['kafka'] });
  for (const warning of config.warnings) context.warn(warning);
  const registry = registryFor(options, config);
  const log = context.logger(config.logLevel);
  const started = Date.now();
  const counts = noCounts();
  const session = await openSession(config, {
    partitions: options.partitions,
    replication: options.replication,
    onError: (error) => log.debug({ error: error.message }, 'kafka client'),
  });
  const report = () => ({ ...counts, created: session.keeper.created, seconds: (Date.now() - started) / 1000 });
  try {
    await publishLines(
      readLines(files),
      session.producer,
      session.keeper,
      {
        version: options.modelVersion,
        registry,
        shuffle: options.shuffle,
        repeat: options.repeat,
        limit: options.limit ?? Number.POSITIVE_INFINITY,
        signal: context.signal,
        onProgress: (stage, done) => context.progress.report(stage, done),
      },
      counts,
    );
  } catch (error) {
    if (!context.json) process.stderr.write(`${counts.published} records were published before the failure\n`);
    throw new CommandFailure(error, report());
  } finally {
    await session.close();
  }
  if (counts.dropped_settings > 0) context.warn(`model version 4 has no source settings: ${counts.dropped_settings} of them were dropped`);
  const result = report();
  return { result, text: textOf(counts, result.created, result.seconds) };
}

/** `metafold publish`: events from JSON lines into Kafka, test data above all (spec 06 §2.7). */
export function createCommand(name: string): Command {
  return baseCommand(
    name,
    'publish events: a JSON object {"topic","key","event"} a line, event null for a tombstone; creates missing topics',
    [
      'metafold publish history.jsonl.gz',
      'metafold generate --binaries 1000 | metafold publish -',
      'metafold publish history.jsonl --shuffle 7 --repeat 2 --json',
      'metafold publish history.jsonl --framed --model-version 5',
    ],
  )
    .argument('<file...>', 'files of JSON lines, plain or gzipped; - is stdin')
    .option('--model-version <n>', 'version of the records: 4, 5 or 6; version 4 has no source settings', modelVersion, 6)
    .option('--framed', 'frame each record with its schema id from the schema registry')
    .option('--shuffle <seed>', 'publish in an order that depends on the seed; records of one topic and key keep theirs')
    .option('--repeat <n>', 'publish each record n times', wholeNumber(1, 1000), 1)
    .option('--limit <n>', 'read at most n lines', wholeNumber(0, 1e12))
    .option('--partitions <n>', 'partitions of topics that are created (default: what the source says, else 1)', wholeNumber(1, 10_000))
    .option('--replication <n>', 'replicas of topics that are created (default: what the source says, else 1)', wholeNumber(1, 100))
    .action((files: string[], options: PublishCommandOptions) => runCommand(name, options, (context) => publish(files, options, context)));
}
