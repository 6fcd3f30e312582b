/** The sample history as lines of `metafold publish`: what benchmarks, `npm start` and load tests fold. */
import type { Micros } from '../../schemas/events.js';
import { eventToJson } from '../../schemas/json-form.js';
import { parseTime } from '../../schemas/time.js';
import type { Publication } from './publication.js';
import { createRandom, type Weighted } from './random.js';
import { SECOND } from './runs.js';
import { resubmit, submitNew, submitUrgent } from './submissions.js';
import { download, register, upgrade } from './upkeep.js';
import { createWorld, type World } from './world.js';

export interface HistoryOptions {
  /** Different files with content: submitted ones and those taken out of them. Each makes 9 to 12 events on average. */
  readonly binaries: number;
  /** A safe integer; the same seed gives the same history. */
  readonly seed: number;
  /** Part of the topic names after `azul.`. */
  readonly prefix: string;
  /** Time of the first event; 2026-03-01T00:00:00Z unless given. */
  readonly start?: Micros;
}

export interface HistoryLine {
  readonly topic: string;
  /** Record key. */
  readonly key: string;
  /** `{"topic":…,"key":…,"event":…}`, the event in its JSON form (spec 01 §5.1), without a line end. */
  readonly line: string;
}

const DEFAULT_START = parseTime('2026-03-01T00:00:00Z');

/** Mean seconds between two things that come from outside. */
const MEAN_PAUSE = 5;

/** What happens next, at a given microsecond. A new kind of event gets a scenario of its own here. */
type Scenario = (world: World, at: number) => void;

const SCENARIOS: Weighted<Scenario> = [
  [submitNew, 84],
  [submitUrgent, 3],
  [resubmit, 6],
  [download, 5],
  [(world, at) => register(world, at, world.random.pick(world.plugins)), 1],
  [upgrade, 1],
];

/** Each of the rarer things once for certain, so that a short history shows them. */
const EARLY_SCENARIOS: ReadonlyMap<number, Scenario> = new Map([
  [6, submitUrgent],
  [12, resubmit],
  [18, download],
  [24, upgrade],
]);

function checkOptions({ binaries, seed }: HistoryOptions): void {
  if (!Number.isSafeInteger(binaries) || binaries < 0) throw new RangeError(`binaries ${binaries} is no whole number of 0 or more`);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed ${seed} is no safe integer`);
}

/**
 * The events in the order of their times, made one after the other: memory does not grow with `binaries`.
 * Throws a RangeError for options that are no whole numbers.
 */
export function* generatePublications(options: HistoryOptions): Generator<Publication, void, undefined> {
  checkOptions(options);
  const random = createRandom(options.seed);
  const world = createWorld(options.prefix, random, options.binaries);
  let now = Number(options.start ?? DEFAULT_START);
  for (const plugin of world.plugins) {
    now += random.int(100_000, 2_000_000);
    register(world, now, plugin);
  }
  for (let step = 1; world.remaining > 0; step++) {
    now += 1 + Math.round(random.exponential(MEAN_PAUSE) * SECOND);
    yield* world.timeline.takeUntil(now);
    const scenario = EARLY_SCENARIOS.get(step) ?? random.weighted(SCENARIOS);
    scenario(world, now);
  }
  yield* world.timeline.takeUntil(Infinity);
}

/** The line of one publication. */
export function historyLine({ topic, model, event }: Publication): HistoryLine {
  const key = event.kafka_key;
  const line = `{"topic":${JSON.stringify(topic)},"key":${JSON.stringify(key)},"event":${eventToJson(model, event)}}`;
  return { topic, key, line };
}

/** The sample history; see `HistoryOptions`. It folds without a refusal under `sampleSettings`. */
export function* generateHistory(options: HistoryOptions): Generator<HistoryLine, void, undefined> {
  for (const publication of generatePublications(options)) yield historyLine(publication);
}
