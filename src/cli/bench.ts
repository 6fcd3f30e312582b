/** `metafold bench`: the targets of the design as ratios measured in one run. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { benchFold, type BenchSettings, type FoldBenchResult } from '../bench/fold.js';
import { loadConfig } from '../config/index.js';
import { sampleSettings } from '../generate/index.js';
import { findRunningStack, stackDown, stackUp } from '../stack/index.js';
import { baseCommand, runCommand, wholeNumber, type CommandContext, type CommandOutcome, type CommonOptions } from './run.js';

interface BenchOptions extends CommonOptions {
  readonly events: number;
  readonly rounds: number;
  readonly seed: number;
  readonly shards: number;
}

const BENCH_HEAP_MB = 2_048;

export function createCommand(name: string): Command {
  return baseCommand(name, 'measure the fold: events/s against the floor that OpenSearch sets, CPU an event, resident memory', [
    'npm run bench',
    'npm run bench -- --events 300000 --rounds 1',
    'metafold bench --events 30000 --json',
  ])
    .option('--events <n>', 'size of the history', wholeNumber(1_000, 10_000_000), 40_000)
    .option('--rounds <n>', 'floor and fold in turns, this often', wholeNumber(1, 100), 3)
    .option('--shards <n>', "shards of each index; the default is azul-metastore's", wholeNumber(1, 100), 3)
    .option('--seed <n>', 'seed of the history', wholeNumber(0, 2 ** 31), 1)
    .action((options: BenchOptions) =>
      runCommand(name, options, (context) =>
        withStack(context, async (environment) => {
          const result = await benchFold(benchSettings(environment, options.shards), {
            events: options.events,
            rounds: options.rounds,
            seed: options.seed,
            signal: context.signal,
            onProgress: (stage, done, total) => context.progress.report(stage, done, total),
            log: context.logger('warn'),
          });
          return outcomeOf(result, options.shards);
        }),
      ),
    );
}

/** Runs with the servers that the environment or the local stack gives; where there are none, with a stack of its own. */
async function withStack(
  context: CommandContext,
  body: (environment: NodeJS.ProcessEnv) => Promise<CommandOutcome>,
): Promise<CommandOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'metafold-bench-'));
  const own = process.env.METAFOLD_KAFKA_BROKERS === undefined && (await findRunningStack()) === undefined;
  try {
    if (own) {
      await stackUp({ heapMb: BENCH_HEAP_MB, services: ['kafka', 'opensearch'], signal: context.signal }, ({ message }) =>
        context.progress.report(message, 0),
      );
    }
    const stack = (await findRunningStack()) ?? {};
    return await body({ ...stack, ...process.env, METASTORE_PROMETHEUS_PORT: '0', METAFOLD_BENCH_FOLDER: folder });
  } finally {
    if (own) await stackDown({}, () => undefined);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Indices as azul-metastore makes them, but without the replicas that a single node could not place. */
function benchSettings(environment: NodeJS.ProcessEnv, shards: number): BenchSettings {
  const { METAFOLD_BENCH_FOLDER: folder, ...rest } = environment;
  const indexConfig = (refresh: string): string =>
    JSON.stringify({ number_of_shards: shards, number_of_replicas: 0, refresh_interval: refresh });
  const environmentFor = (prefix: string, partition: string): NodeJS.ProcessEnv => {
    const file = join(folder!, `${partition}.json`);
    writeFileSync(file, JSON.stringify(sampleSettings(prefix, partition)));
    return {
      ...rest,
      METAFOLD_SETTINGS: file,
      METAFOLD_BINARY2_INDEX_CONFIG: indexConfig('30s'),
      METASTORE_STATUS_INDEX_CONFIG: indexConfig('5s'),
      METASTORE_PLUGIN_INDEX_CONFIG: indexConfig('5s'),
    };
  };
  return {
    environmentFor,
    configFor: (prefix, partition) => loadConfig(environmentFor(prefix, partition), { need: ['kafka', 'opensearch', 'security'] }),
  };
}

function outcomeOf(result: FoldBenchResult, shards: number): CommandOutcome {
  const { median, residentMb, floor } = result;
  const line = (label: string, value: string, target: string): string => `${label.padEnd(34)}${value.padStart(14)}   ${target}`;
  const text = [
    `${result.events} events of ${result.averageRecordBytes} bytes, ${result.documents} documents, ${shards} shards an index, ${result.rounds.length} rounds (medians)`,
    line('fold / floor', median.ratio.toFixed(2), 'target 0.70, goal 0.85'),
    line('fold, events/s', median.foldEventsPerSecond.toFixed(0), ''),
    line('floor, events/s', median.floorEventsPerSecond.toFixed(0), `${floor.bulkBytes / 1e6} MB bodies, ${floor.concurrency} at a time`),
    line('worker CPU an event, µs', median.cpuMicrosPerEvent.toFixed(0), ''),
    line('worker resident, MiB at most', residentMb.max.toFixed(0), 'target 400'),
    line('  median of first, second half', `${residentMb.firstHalf.toFixed(0)}, ${residentMb.secondHalf.toFixed(0)}`, 'flat'),
  ].join('\n');
  return { result: { shards, ...result }, text };
}
