/** A file comes in: the sourced event, the plugins' runs, and the same for everything that is taken out of it. */
import type { BinaryEvent, EventAuthor, EventSource } from '../../schemas/events.js';
import { findFeatures, FILENAME, MAGIC } from './features.js';
import { EMBEDDED_FORMATS, SUBMITTED_FORMATS } from './formats.js';
import { acceptsKind, UNBOX, type Plugin, type PluginSpec } from './plugins.js';
import { publishBinary, stampBinary } from './publication.js';
import type { Weighted } from './random.js';
import { fruitlessRun, loseTask, performRun, repeatRun, SECOND, type Task } from './runs.js';
import { contentStream, fullEntity, makeSample, type Sample } from './samples.js';
import { chooseOtherSource, chooseSource, type SampleSource } from './sources.js';
import { remember, schedule, type World } from './world.js';

/** Path nodes from which on nothing is taken apart any more. */
const DEEPEST_UNPACKED = 3;

const ENRICHMENTS: Weighted<number> = [
  [3, 50],
  [4, 26],
  [5, 13],
  [6, 6],
  [7, 3],
  [8, 2],
];

const FRUITLESS_RUNS: Weighted<number> = [
  [0, 60],
  [1, 27],
  [2, 13],
];

interface Submission {
  readonly sample: Sample;
  readonly source: SampleSource;
  readonly submitter: EventAuthor;
  /** Microseconds. */
  readonly at: number;
}

function sourcedEvent(world: World, { sample, source, submitter, at }: Submission): BinaryEvent {
  const { random } = world;
  const timestamp = BigInt(at);
  const { format, size, filename } = sample;
  const action = 'sourced';
  const node = { author: submitter, action, sha256: sample.sha256, relationship: undefined, timestamp };
  const eventSource: EventSource = {
    name: source.name,
    references: source.references(random),
    security: random.weighted(source.labels),
    path: [{ ...node, file_format: format.file_format, size, filename, language: undefined }],
    timestamp,
    settings: source.settings(random),
  };
  const features = findFeatures(random, [FILENAME, MAGIC]);
  const entity = fullEntity(sample, { features, datastreams: [contentStream(sample)] });
  return stampBinary({ timestamp, author: submitter, source: eventSource, entity, action }, false);
}

/** Each run starts a little after the input is there, at a second of its own. */
function taskFor(world: World, plugin: Plugin, input: BinaryEvent, sample: Sample): Task {
  const wait = Math.round(world.random.exponential(4) * SECOND) + 200_000;
  return { plugin, input, sample, start: Number(input.timestamp) + wait };
}

/** Plugins that run on the file: the one that unpacks comes first where it has to. */
function choosePlugins(world: World, sample: Sample): { fruitful: Plugin[]; fruitless: Plugin[]; unpacked: boolean } {
  const { random, plugins } = world;
  const { kind } = sample.format;
  const count = random.weighted(ENRICHMENTS);
  const unpacked = kind === 'archive' || (kind === 'document' && random.chance(0.35));
  const others = plugins.filter(({ spec }) => spec !== UNBOX && acceptsKind(spec, kind));
  const chosen = random.sample(others, count + random.weighted(FRUITLESS_RUNS));
  const first = unpacked ? plugins.filter(({ spec }) => spec === UNBOX) : [];
  const fruitful = [...first, ...chosen.slice(0, count - first.length)];
  return { fruitful, fruitless: chosen.slice(count), unpacked };
}

function makeChildren(world: World, input: BinaryEvent): Sample[] {
  const { random } = world;
  if (input.source.path.length > DEEPEST_UNPACKED) return [];
  const count = Math.min(random.int(1, 4), world.remaining);
  world.remaining -= count;
  return Array.from({ length: count }, () => makeSample(random, random.weighted(EMBEDDED_FORMATS)));
}

/** All that happens to a file that is there for the first time. */
function processBinary(world: World, input: BinaryEvent, sample: Sample): void {
  const { random } = world;
  const { fruitful, fruitless, unpacked } = choosePlugins(world, sample);
  for (const plugin of fruitful) {
    const children = plugin.spec === UNBOX && unpacked ? makeChildren(world, input) : [];
    const { extracted, augmented } = performRun(world, taskFor(world, plugin, input, sample), children);
    extracted.forEach((event, at) => processBinary(world, event, children[at]!));
    if (augmented !== undefined) processAugmented(world, augmented, sample, plugin.spec);
  }
  for (const plugin of fruitless) fruitlessRun(world, taskFor(world, plugin, input, sample));
  if (random.chance(0.004)) loseTask(world, taskFor(world, random.pick(world.plugins), input, sample));
  remember(world, { sample, event: input, enrichedBy: fruitful.map(({ spec }) => spec) });
}

/** New streams of a known file are a task too; few plugins look at them. */
function processAugmented(world: World, input: BinaryEvent, sample: Sample, maker: PluginSpec): void {
  if (!world.random.chance(0.25)) return;
  const reader = world.plugins.find(({ spec }) => spec.name === (maker.name === 'Sandbox' ? 'YaraScan' : 'Indicators'));
  if (reader !== undefined) repeatRun(world, taskFor(world, reader, input, sample));
}

/** The copy of an urgent submission, and the results of the plugins that look there first (spec 01 §1). */
function expedite(world: World, event: BinaryEvent, sample: Sample): void {
  const copy: BinaryEvent = { ...event, flags: { ...event.flags, expedite: true } };
  schedule(world, Number(event.timestamp), publishBinary(world.prefix, copy));
  const urgent = world.plugins.filter(({ spec }) => spec.name === 'Entropy' || spec.name === 'Indicators');
  for (const plugin of urgent) repeatRun(world, { plugin, input: copy, sample, start: Number(event.timestamp) + 50_000 });
}

/** Submits a new file; counts as one of the history's binaries, as do the files taken out of it. */
export function submit(world: World, at: number, sample: Sample, source: SampleSource, isUrgent = false): void {
  const { random } = world;
  world.remaining--;
  const event = sourcedEvent(world, { sample, source, submitter: random.pick(source.submitters), at });
  schedule(world, at, publishBinary(world.prefix, event));
  if (isUrgent) expedite(world, event, sample);
  processBinary(world, event, sample);
}

export function submitNew(world: World, at: number): void {
  const { random } = world;
  submit(world, at, makeSample(random, random.weighted(SUBMITTED_FORMATS)), chooseSource(random));
}

/** As `submitNew`, with an expedited copy. */
export function submitUrgent(world: World, at: number): void {
  const { random } = world;
  submit(world, at, makeSample(random, random.weighted(SUBMITTED_FORMATS)), chooseSource(random), true);
}

/** A file that is known already comes in through another source; some plugins run again. */
export function resubmit(world: World, at: number): void {
  const { random, recent } = world;
  if (recent.length === 0) return;
  const { sample, event, enrichedBy } = random.pick(recent);
  const source = chooseOtherSource(random, event.source.name);
  const again = sourcedEvent(world, { sample, source, submitter: random.pick(source.submitters), at });
  schedule(world, at, publishBinary(world.prefix, again));
  for (const plugin of world.plugins.filter(({ spec }) => enrichedBy.includes(spec)).slice(0, 3)) {
    repeatRun(world, taskFor(world, plugin, again, sample));
  }
}
