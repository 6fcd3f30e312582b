/**
 * The fold's benchmark (spec 00 "Performance"): a generated history folded by one worker process, against the floor that OpenSearch sets
 * for the very same documents in the same run, before and after it. Ratios are what counts; absolute figures are this machine's.
 */
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { createTopicAdmin } from '../../streams/admin.js';
import { deadLetterTopic } from '../../streams/dead-letter.js';
import type { Config } from '../config/index.js';
import { createOpenSearchClient } from '../opensearch/client.js';
import { prepareLike, refreshPartition, removePartition } from './arena.js';
import { cutBodies, replayBodies, type FloorShape } from './floor.js';
import { publishHistory, publishIdleDeletes } from './history.js';
import { median } from './median.js';
import { recordFold, type Recording } from './record.js';
import { runWorker, type WorkerRun } from './worker-process.js';

export interface FoldBenchOptions {
  readonly events: number;
  readonly rounds: number;
  readonly seed: number;
  /** Entries of the delete table; none of them matches. */
  readonly deletes: number;
  readonly signal: AbortSignal;
  readonly onProgress: (stage: string, done: number, total: number | null) => void;
  readonly log: Logger;
}

export interface Round {
  /** Rates until everything is durable and searchable: of the fold, with the pause in which a worker makes sure that nothing comes any more. */
  readonly foldEventsPerSecond: number;
  readonly floorEventsPerSecond: number;
  readonly ratio: number;
  /**
   * The ratio until everything is durable only. It favours the floor: of two that end before the next refresh, the slower one has made more of
   * its documents searchable on the way.
   */
  readonly durableRatio: number;
  readonly cpuMicrosPerEvent: number;
}

/** How long OpenSearch took, in seconds. */
interface FloorTimes {
  readonly durable: number;
  /** Searchable too. */
  readonly searchable: number;
}

export interface FoldBenchResult {
  readonly events: number;
  readonly averageRecordBytes: number;
  /** Document operations that the fold sent. */
  readonly operations: number;
  readonly floor: FloorShape;
  readonly rounds: readonly Round[];
  /** Medians over the rounds. */
  readonly median: Round;
  readonly residentMb: { readonly max: number; readonly firstHalf: number; readonly secondHalf: number };
}

/** With so much of what was recorded the shapes are tried. */
const SHAPE_OPERATIONS = 60_000;
/** Shapes tried for the floor. The two best ones replay everything, as what suits small indices need not suit larger ones; the better one is used in all rounds. */
const SHAPES: readonly FloorShape[] = [
  { bulkBytes: 1_000_000, concurrency: 2 },
  { bulkBytes: 2_000_000, concurrency: 2 },
  { bulkBytes: 2_000_000, concurrency: 3 },
  { bulkBytes: 4_000_000, concurrency: 2 },
  { bulkBytes: 8_000_000, concurrency: 2 },
];

/** `configFor` loads the configuration for a topic prefix and partition; `environmentFor` is the same for a worker process. */
export interface BenchSettings {
  readonly configFor: (prefix: string, partition: string) => Promise<Config>;
  readonly environmentFor: (prefix: string, partition: string) => NodeJS.ProcessEnv;
}

export async function benchFold(settings: BenchSettings, options: FoldBenchOptions): Promise<FoldBenchResult> {
  const { events, rounds, seed, deletes, signal, onProgress, log } = options;
  const name = `bench${randomBytes(4).toString('hex')}`;
  const config = await settings.configFor(name, `${name}r`);
  const client = createOpenSearchClient(config.opensearch);
  const partitions = new Set<string>();
  const fresh = (suffix: string): string => {
    partitions.add(`${name}${suffix}`);
    return `${name}${suffix}`;
  };
  try {
    const history = await publishHistory(config, name, events, seed, (done) => onProgress('publish', done, events));
    if (deletes > 0) await publishIdleDeletes(config, name, deletes, (done) => onProgress('publish deletes', done, deletes));
    onProgress('record the fold for the floor', 0, null);
    const recorded = fresh('r');
    const { operations, count } = await recordLike(fresh('n'), recorded);

    const floorOf = async (shape: FloorShape, suffix: string, sent = operations): Promise<FloorTimes> => {
      const partition = fresh(suffix);
      await prepareLike(client, config, partition, recorded, log);
      const bodies = cutBodies(sent, recorded, partition, shape.bulkBytes);
      const durable = await replayBodies(config.opensearch.url, bodies, shape.concurrency);
      const searchable = durable + (await refreshPartition(client, partition));
      await removePartition(client, partition);
      return { durable, searchable };
    };
    if (operations.length === 0) throw new Error('the fold wrote no documents');
    const part = operations.slice(0, SHAPE_OPERATIONS);
    const [first, second] = await bestShapes((shape, suffix) => floorOf(shape, suffix, part), onProgress, signal);

    const measured: Round[] = [];
    const runs: WorkerRun[] = [];
    onProgress('rounds', 0, rounds);
    const [ofFirst, ofSecond] = [await floorOf(first, 'f'), await floorOf(second, 'g')];
    const best = ofFirst.searchable < ofSecond.searchable ? first : second;
    let before = best === first ? ofFirst : ofSecond;
    for (let round = 0; round < rounds; round++) {
      signal.throwIfAborted();
      const partition = fresh(`w${round}`);
      // Like the floor's: both write into fresh indices whose mapping knows the names already, as after the first minutes of any installation.
      await prepareLike(client, config, partition, recorded, log);
      const run = await runWorker(settings.environmentFor(name, partition), signal);
      await removePartition(client, partition);
      runs.push(run);
      const after = await floorOf(best, `f${round}`);
      measured.push(roundOf(events, run, mean(before, after), operations.length / count));
      before = after;
      onProgress('rounds', round + 1, rounds);
    }
    return {
      events,
      averageRecordBytes: Math.round(history.bytes / events),
      operations: count,
      floor: best,
      rounds: measured,
      median: medianRound(measured),
      residentMb: residentOf(runs),
    };
  } finally {
    for (const partition of partitions) await removePartition(client, partition);
    await client.close();
    await removeTopics(config, name);
  }

  /** Records a fold that knows the feature names already, as the measured ones do: a first one, for the names only, sends some operations twice. */
  async function recordLike(first: string, recorded: string): Promise<Recording> {
    await recordFold(await settings.configFor(name, first), first, log);
    await prepareLike(client, config, recorded, first, log);
    await removePartition(client, first);
    return recordFold(config, recorded, log);
  }
}

/** The two best, the best one first. */
async function bestShapes(
  floorOf: (shape: FloorShape, suffix: string) => Promise<FloorTimes>,
  onProgress: FoldBenchOptions['onProgress'],
  signal: AbortSignal,
): Promise<readonly [FloorShape, FloorShape]> {
  const seconds = SHAPES.map(() => 0);
  // There and back: the server gets faster with each turn as its code is compiled, which would favour the last ones.
  const turns = [...SHAPES.keys(), ...[...SHAPES.keys()].reverse()];
  for (const [turn, index] of turns.entries()) {
    signal.throwIfAborted();
    onProgress('best shape of the floor', turn, turns.length);
    seconds[index]! += (await floorOf(SHAPES[index]!, `s${turn}`)).searchable;
  }
  const [first, second] = [...SHAPES.keys()].sort((a, b) => seconds[a]! - seconds[b]!);
  return [SHAPES[first!]!, SHAPES[second!]!];
}

/** The floor of a fold is measured before and after it: a machine's speed drifts within minutes. */
function mean(one: FloorTimes, other: FloorTimes): FloorTimes {
  return { durable: (one.durable + other.durable) / 2, searchable: (one.searchable + other.searchable) / 2 };
}

/** The floor's rate is in events too. `share`: how much of what the fold sends the floor was measured with. */
function roundOf(events: number, run: WorkerRun, floor: FloorTimes, share: number): Round {
  return {
    foldEventsPerSecond: events / run.searchableSeconds,
    floorEventsPerSecond: (events * share) / floor.searchable,
    ratio: floor.searchable / share / run.searchableSeconds,
    durableRatio: floor.durable / share / run.seconds,
    cpuMicrosPerEvent: (run.cpuSeconds * 1e6) / events,
  };
}

function medianRound(rounds: readonly Round[]): Round {
  const of = (pick: (round: Round) => number): number => median(rounds.map(pick));
  return {
    foldEventsPerSecond: of((round) => round.foldEventsPerSecond),
    floorEventsPerSecond: of((round) => round.floorEventsPerSecond),
    ratio: of((round) => round.ratio),
    durableRatio: of((round) => round.durableRatio),
    cpuMicrosPerEvent: of((round) => round.cpuMicrosPerEvent),
  };
}

function residentOf(runs: readonly WorkerRun[]): FoldBenchResult['residentMb'] {
  const halves = runs.map(
    ({ residentMb }) => [residentMb.slice(0, residentMb.length >> 1), residentMb.slice(residentMb.length >> 1)] as const,
  );
  return {
    max: Math.max(...runs.flatMap(({ residentMb }) => residentMb)),
    firstHalf: median(halves.flatMap(([first]) => first)),
    secondHalf: median(halves.flatMap(([, second]) => second)),
  };
}

/** Removes what a benchmark has published. */
export async function removeTopics({ kafka }: Pick<Config, 'kafka'>, name: string): Promise<void> {
  const admin = createTopicAdmin({ brokers: kafka.brokers, client: kafka.client });
  try {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`azul.${name}.`) || topic === deadLetterTopic(name));
    for (const topic of topics) await admin.deleteTopic(topic);
  } finally {
    admin.close();
  }
}
