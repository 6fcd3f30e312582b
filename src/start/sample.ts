/** The sample history of `metafold start`: its names and settings, what of it is in Kafka already, and publishing the rest. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/index.js';
import { isSettingName } from '../config/settings.js';
import { generatePublications, historyLine, sampleSettings, type HistoryOptions } from '../generate/index.js';
import type { InputLine } from '../publish/input.js';
import { noCounts, publishLines } from '../publish/publish.js';
import { openSession } from '../publish/session.js';
import type { TopicEnds } from './log-state.js';
import { startFolder } from './record.js';

export const DEFAULT_BINARIES = 500;
const SEED = 1;
const BATCH_LINES = 250;

/** Topic prefix and index partition. Histories of different sizes differ, so each size has its own. */
export function sampleName(binaries: number): string {
  return binaries === DEFAULT_BINARIES ? 'sample' : `sample${String(binaries)}`;
}

function historyOptions(binaries: number): HistoryOptions {
  return { binaries, seed: SEED, prefix: sampleName(binaries) };
}

/** Writes the settings under which the sample folds; returns the file. */
export function writeSampleSettings(dataFolder: string, binaries: number): string {
  const name = sampleName(binaries);
  const folder = startFolder(dataFolder);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  writeFileSync(file, `${JSON.stringify(sampleSettings(name, name), null, 2)}\n`);
  return file;
}

/** Settings of the shell that mean something here too: the log level; the others are about another installation. */
const KEPT_SETTINGS = ['metastore_log_level'];
/** A first look wants to see things move: little is under way at a time, which costs a small sample nothing. */
const LIVELY = {
  METAFOLD_COMMIT_INTERVAL_MS: '1000',
  METAFOLD_TOPIC_REFRESH_MS: '2000',
  METAFOLD_FETCH_RECORDS: '250',
  METAFOLD_BULK_BYTES: '1048576',
  METAFOLD_MAX_IN_FLIGHT_BYTES: '4194304',
};

function withFastRefresh(name: string, value: string): string {
  return name.endsWith('_INDEX_CONFIG') ? JSON.stringify({ ...(JSON.parse(value) as object), refresh_interval: '1s' }) : value;
}

/** The environment in which the sample is published and folded: this one without its settings, with those of the stack and the sample. */
export function sampleEnvironment(
  base: NodeJS.ProcessEnv,
  stackEnv: Readonly<Record<string, string>>,
  settingsFile: string,
): Record<string, string> {
  const own = Object.entries(base).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (!isSettingName(entry[0].toLowerCase()) || KEPT_SETTINGS.includes(entry[0].toLowerCase())),
  );
  const stack = Object.entries(stackEnv).map(([name, value]): [string, string] => [name, withFastRefresh(name, value)]);
  return { ...Object.fromEntries(own), ...Object.fromEntries(stack), ...LIVELY, METAFOLD_SETTINGS: settingsFile };
}

/** Records of the sample by topic. */
export function countSample(binaries: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { topic } of generatePublications(historyOptions(binaries))) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  return counts;
}

/** What is still to be published. */
export interface PublicationPlan {
  readonly records: number;
  /** How many records of a topic to leave out, from its beginning: they are there. */
  readonly skip: ReadonlyMap<string, number>;
}

/**
 * Compares the sample with the ends of its topics. A publication that was cut short goes on where it stopped: records of one partition are
 * written in their order, so what is there is the beginning. When there is neither a document nor anything left to fold, all of it
 * is published (again). Records that retention has taken count as published.
 */
export function planPublication(
  expected: ReadonlyMap<string, number>,
  ends: ReadonlyMap<string, TopicEnds>,
  state: { readonly documents: number; readonly lag: number },
): PublicationPlan {
  const skip = new Map<string, number>();
  let missing = 0;
  let all = 0;
  for (const [topic, count] of expected) {
    const { high, partitions } = ends.get(topic) ?? { high: 0, partitions: 1 };
    all += count;
    if (high >= count) skip.set(topic, count);
    else {
      const there = partitions === 1 ? high : 0;
      skip.set(topic, there);
      missing += count - there;
    }
  }
  return state.documents === 0 && state.lag === 0 ? { records: all, skip: new Map() } : { records: missing, skip };
}

/** The sample's lines but those to skip, some hundred at a time so that signals and timers get their turn. */
export async function* sampleLines(binaries: number, skip: ReadonlyMap<string, number>): AsyncGenerator<InputLine[]> {
  const left = new Map(skip);
  let batch: InputLine[] = [];
  let line = 0;
  for (const publication of generatePublications(historyOptions(binaries))) {
    line++;
    const toSkip = left.get(publication.topic) ?? 0;
    if (toSkip > 0) left.set(publication.topic, toSkip - 1);
    else batch.push({ file: 'sample', line, text: historyLine(publication).line });
    if (line % BATCH_LINES !== 0) continue;
    yield batch;
    batch = [];
    await new Promise((resolve) => setImmediate(resolve));
  }
  yield batch;
}

/** Publishes what the plan says and returns how many records that were. Stops early when the signal is raised. */
export async function publishSample(
  config: Config<'kafka'>,
  binaries: number,
  plan: PublicationPlan,
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (done: number, total: number) => void },
): Promise<number> {
  const session = await openSession(config, { partitions: 1, replication: 1, onError: () => undefined });
  const counts = noCounts();
  try {
    await publishLines(
      sampleLines(binaries, plan.skip),
      session.producer,
      session.keeper,
      {
        version: 6,
        registry: undefined,
        shuffle: undefined,
        repeat: 1,
        limit: Number.POSITIVE_INFINITY,
        signal,
        onProgress: (_stage, done) => onProgress(done, plan.records),
      },
      counts,
    );
  } finally {
    await session.close();
  }
  return counts.published;
}
