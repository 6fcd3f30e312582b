/** `metafold bench`: the targets of the design as ratios measured in one run. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { benchApi } from '../bench/api.js';
import { apiText } from '../bench/api-text.js';
import { benchCollections, type ConfigFor } from '../bench/collections.js';
import { collectionsText } from '../bench/collections-text.js';
import { benchFold, type BenchSettings, type FoldBenchResult } from '../bench/fold.js';
import { measureTables, type TableSizes } from '../bench/tables.js';
import { benchRebuild, type RebuildBenchResult } from '../bench/rebuild.js';
import { benchRemoval, type RemovalBenchResult, type RemovalTimes } from '../bench/removal.js';
import { loadConfig } from '../config/index.js';
import { sampleSettings } from '../generate/index.js';
import { defaultDataFolder, findRunningStack, stackDown, stackUp, type ServiceName } from '../stack/index.js';
import { baseCommand, runCommand, wholeNumber, type CommandContext, type CommandOutcome, type CommonOptions } from './run.js';

interface BenchOptions extends CommonOptions {
  readonly events: number;
  readonly rounds: number;
  readonly seed: number;
  readonly shards: number;
  readonly deletes: number;
  readonly measure: 'fold' | 'removal' | 'rebuild' | 'tables' | 'api' | 'collections';
  readonly keys: number;
  readonly logs: readonly number[];
  readonly repeats: number;
  readonly burst: number;
  readonly seconds: number;
}

const BENCH_HEAP_MB = 2_048;
const TABLE_ENTRIES = 100_000;

export function createCommand(name: string): Command {
  return baseCommand(name, 'measure the fold: events/s against the floor that OpenSearch sets, CPU an event, resident memory', [
    'npm run bench',
    'npm run bench -- --events 300000 --rounds 1',
    'npm run bench -- --deletes 100000',
    'npm run bench -- --measure removal',
    'npm run bench -- --measure rebuild --events 100000',
    'npm run bench:api',
    'npm run bench -- --measure collections --events 100000',
    'metafold bench --events 30000 --json',
  ])
    .option('--events <n>', 'size of the history', wholeNumber(1_000, 10_000_000), 40_000)
    .option('--rounds <n>', 'how often the fold is measured, with the floor before and after it', wholeNumber(1, 100), 3)
    .option('--shards <n>', "shards of each index; the default is azul-metastore's", wholeNumber(1, 100), 3)
    .option('--deletes <n>', 'entries of the delete table while the fold is measured', wholeNumber(0, 10_000_000), 0)
    .addOption(
      new Option(
        '--measure <what>',
        'fold: events/s against the floor; removal: how long a delete and an insert take; rebuild: what the live fold keeps of its rate beside one; tables: memory of their entries; api: what the API adds to its searches; collections: folds into Redis against bare pipelines, look-ups, memory',
      )
        .choices(['fold', 'removal', 'rebuild', 'tables', 'api', 'collections'])
        .default('fold'),
    )
    .option('--logs <sizes>', 'removal: lengths of the logs in events, comma-separated', sizes, [10_000, 300_000])
    .option('--repeats <n>', 'removal: deletes and inserts on each', wholeNumber(1, 100), 9)
    .option('--burst <n>', 'removal: deletes at once', wholeNumber(1, 10_000), 10_000)
    .option('--keys <n>', 'collections: keys whose memory is measured', wholeNumber(1_000, 100_000_000), 1_000_000)
    .option('--seconds <n>', 'api: length of one measurement', wholeNumber(1, 600), 2)
    .option('--seed <n>', 'seed of the history', wholeNumber(0, 2 ** 31), 1)
    .action((options: BenchOptions) =>
      runCommand(name, options, (context) => {
        if (options.measure === 'tables') return Promise.resolve(tablesOutcome(measureTables(TABLE_ENTRIES)));
        return withStack(context, options.measure === 'collections' ? ['kafka', 'redis'] : ['kafka', 'opensearch'], async (environment) => {
          const common = {
            seed: options.seed,
            signal: context.signal,
            onProgress: (stage: string, done: number, total: number | null) => context.progress.report(stage, done, total),
          };
          const settings = benchSettings(environment, options.shards);
          if (options.measure === 'removal') {
            const { logs, repeats, burst } = options;
            return removalOutcome(await benchRemoval(settings, { ...common, sizes: logs, repeats, burst }));
          }
          if (options.measure === 'rebuild') return rebuildOutcome(await benchRebuild(settings, { ...common, events: options.events }));
          if (options.measure === 'api') {
            const { events, rounds, seconds } = options;
            const folder = environment['METAFOLD_BENCH_FOLDER']!;
            const result = await benchApi(settings, { ...common, events, rounds, seconds, folder });
            return { result: { ...result }, text: apiText(result) };
          }
          if (options.measure === 'collections') {
            const { events, rounds, keys } = options;
            const configFor: ConfigFor = (prefix) => loadConfig(settings.environmentFor(prefix, prefix), { need: ['kafka', 'security'] });
            const result = await benchCollections(configFor, { ...common, events, rounds, keys, log: context.logger('warn') });
            return { result: { ...result }, text: collectionsText(result) };
          }
          const result = await benchFold(settings, {
            ...common,
            events: options.events,
            rounds: options.rounds,
            deletes: options.deletes,
            log: context.logger('warn'),
          });
          return outcomeOf(result, options.shards);
        });
      }),
    );
}

/** Runs with the servers that the environment or the local stack gives; where there are none, with a stack of its own. */
async function withStack(
  context: CommandContext,
  services: readonly ServiceName[],
  body: (environment: NodeJS.ProcessEnv) => Promise<CommandOutcome>,
): Promise<CommandOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'metafold-bench-'));
  const given = process.env.METAFOLD_KAFKA_BROKERS === undefined ? await findRunningStack() : {};
  // Beside the user's stack, not in it: what an interrupted measurement leaves goes with it.
  const data = join(dirname(defaultDataFolder()), `bench-${process.pid}`);
  try {
    if (given === undefined) {
      await stackUp({ data, heapMb: BENCH_HEAP_MB, services, signal: context.signal }, ({ message }) =>
        context.progress.report(message, 0),
      );
    }
    const stack = given ?? (await findRunningStack(data)) ?? {};
    return await body({ ...stack, ...process.env, METASTORE_PROMETHEUS_PORT: '0', METAFOLD_BENCH_FOLDER: folder });
  } finally {
    if (given === undefined) await stackDown({ data, wipe: true }, () => undefined);
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
    `${result.events} events of ${result.averageRecordBytes} bytes, ${result.operations} document operations, ${shards} shards an index, ${result.rounds.length} rounds (medians)`,
    line('fold / floor, until searchable', median.ratio.toFixed(2), 'target 0.70, goal 0.85'),
    line('  until durable only', median.durableRatio.toFixed(2), ''),
    line('fold, events/s', median.foldEventsPerSecond.toFixed(0), ''),
    line('floor, events/s', median.floorEventsPerSecond.toFixed(0), `${floor.bulkBytes / 1e6} MB bodies, ${floor.concurrency} at a time`),
    line('worker CPU an event, µs', median.cpuMicrosPerEvent.toFixed(0), ''),
    line('worker resident, MB at most', residentMb.max.toFixed(0), 'target 400'),
    line('  median of first, second half', `${residentMb.firstHalf.toFixed(0)}, ${residentMb.secondHalf.toFixed(0)}`, 'flat'),
  ].join('\n');
  return { result: { shards, ...result }, text };
}

function sizes(value: string): number[] {
  return value.split(',').map((part) => {
    const size = Number(part);
    if (!Number.isInteger(size) || size < 1_000) throw new InvalidArgumentError(`"${part}" is no whole number of at least 1000.`);
    return size;
  });
}

function removalOutcome(result: RemovalBenchResult): CommandOutcome {
  const [first, ...longer] = result.sizes;
  const ratio = (of: (times: RemovalTimes) => number): string => longer.map((times) => (of(times) / of(first!)).toFixed(2)).join(', ');
  const { burst } = result;
  const text = [
    ...result.sizes.map(
      ({ events, deleteMs, insertMs }) =>
        `log of ${events} events: a delete is seen after ${deleteMs.toFixed(0)} ms, an insert after ${insertMs.toFixed(0)} ms`,
    ),
    ...(longer.length > 0
      ? [`longer / shortest: deletes ${ratio((one) => one.deleteMs)}, inserts ${ratio((one) => one.insertMs)}   target 1.5 at most`]
      : []),
    `${burst.deletes} deletes at once: seen after ${burst.appliedMs} ms; of ${burst.events} new events beside them the fold paused for ${burst.longestPauseMs} ms at most`,
  ].join('\n');
  return { result: { ...result }, text };
}

function rebuildOutcome(result: RebuildBenchResult): CommandOutcome {
  const { events, beside, aloneEventsPerSecond: alone, besideEventsPerSecond: reduced, share } = result;
  const text =
    `${beside} new events, published and folded: ${alone.toFixed(0)} events/s alone, ${reduced.toFixed(0)} beside a rebuild of ${events} events; ` +
    `kept ${share.toFixed(2)}   target 0.5, the share of one fold in two`;
  return { result: { ...result }, text };
}

function tablesOutcome(result: TableSizes): CommandOutcome {
  const deletes = Object.entries(result.deleteBytes).map(([action, bytes]) => `${action} ${bytes}`);
  return { result: { ...result }, text: `bytes an entry: deletes ${deletes.join(', ')}; an insert ${result.insertBytes}` };
}
