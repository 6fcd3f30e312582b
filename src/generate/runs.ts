/** One plugin taking one task: its results and the statuses of the task. */
import type { Status } from '../../schemas/enums.js';
import type { BinaryEntity, BinaryEvent, EventAuthor, EventSourcePathNode, StatusEntity, StatusEvent } from '../../schemas/events.js';
import { statusKey } from '../../schemas/identity.js';
import { systemTopic } from '../../streams/topics.js';
import { FILENAME, findFeatures, MAGIC } from './features.js';
import { SUBMITTED_FORMATS, TEXT } from './formats.js';
import type { Plugin } from './plugins.js';
import { publishBinary, stampBinary, stringMap } from './publication.js';
import type { Weighted } from './random.js';
import { bareEntity, contentStream, fullEntity, knownEntity, makeSample, streamOf, type Sample } from './samples.js';
import { schedule, type World } from './world.js';

export const SECOND = 1_000_000;

/** Longest interval without a sign of life of a running plugin. */
const HEARTBEAT = 60 * SECOND;
const MOST_HEARTBEATS = 3;

export interface Task {
  readonly plugin: Plugin;
  readonly input: BinaryEvent;
  readonly sample: Sample;
  /** When the plugin takes the task, in microseconds. */
  readonly start: number;
}

interface Outcome {
  readonly status: Status;
  readonly error?: string;
  readonly message?: string;
}

const SUCCESSES: Weighted<Outcome> = [
  [{ status: 'completed' }, 48],
  [{ status: 'completed-with-errors', message: 'one of the inner files was cut short' }, 1],
];

const WITHOUT_RESULT: Weighted<Outcome> = [
  [{ status: 'completed-empty' }, 30],
  [{ status: 'completed-empty', message: 'nothing found' }, 10],
  [{ status: 'opt-out', message: 'not a format that this plugin reads' }, 25],
  [
    {
      status: 'error-exception',
      error: 'ValueError: unexpected end of table',
      message:
        'Traceback (most recent call last):\n  File "plugin.py", line 88, in execute\n    table = read(data)\nValueError: unexpected end of table',
    },
    14,
  ],
  [{ status: 'error-exception', error: "KeyError: 'naïve'", message: "Traceback (most recent call last):\nKeyError: 'naïve'" }, 4],
  [{ status: 'error-timeout', error: 'timeout', message: 'no result within 600 s' }, 5],
  [{ status: 'error-out-of-memory', error: 'out of memory', message: 'the child process was ended by the kernel' }, 3],
  [{ status: 'error-network', error: 'connection reset', message: 'the service did not answer' }, 3],
  [{ status: 'error-runner', error: 'the plugin ended without a result' }, 2],
  [{ status: 'error-input', error: 'the content stream could not be read' }, 2],
  [{ status: 'error-output', error: 'a feature value is no integer: "0x10"' }, 2],
];

/** `<kafka_key>.<plugin>.<version>.<unix seconds>` (spec 01 §8). */
function dequeuedId(task: Task): string {
  const { name, version } = task.plugin.author;
  return `${task.input.kafka_key}.${name}.${version ?? ''}.${Math.floor(task.start / SECOND)}`;
}

function scheduleStatus(world: World, at: number, author: EventAuthor, withoutResults: Omit<StatusEntity, 'results'>): void {
  const entity: StatusEntity = { ...withoutResults, results: [] };
  const event: StatusEvent = { model_version: 6, kafka_key: statusKey({ author, entity }), timestamp: BigInt(at), author, entity };
  schedule(world, at, { topic: systemTopic(world.prefix, 'status'), model: 'status', event });
}

/** Signs of life, then how it ended: all of one task, so they share one key. */
function scheduleStatuses(world: World, task: Task, end: number, outcome: Outcome): void {
  const input = { ...task.input, dequeued: dequeuedId(task) };
  const { author } = task.plugin;
  let at = task.start + HEARTBEAT;
  for (let beat = 0; at < end && beat < MOST_HEARTBEATS; beat++, at += HEARTBEAT) {
    scheduleStatus(world, at, author, { input, status: 'heartbeat', runtime: undefined, error: undefined, message: undefined });
  }
  const runtime = Math.round((end - task.start) / 1000) / 1000 || undefined;
  const { status, error, message } = outcome;
  scheduleStatus(world, end + world.random.int(2_000, 90_000), author, { input, status, runtime, error, message });
}

function endOf(world: World, task: Task): number {
  return task.start + 1000 + Math.round(world.random.exponential(task.plugin.spec.runtime) * SECOND);
}

/** The event of one result: the input's source with one more node on its path. */
function resultEvent(task: Task, end: number, entity: BinaryEntity, node: Partial<EventSourcePathNode> & { action: string }): BinaryEvent {
  const { input, plugin } = task;
  const timestamp = BigInt(end);
  const last: EventSourcePathNode = {
    author: plugin.author,
    action: node.action,
    sha256: entity.sha256 ?? '',
    relationship: node.relationship,
    timestamp,
    file_format: node.file_format,
    size: node.size,
    filename: node.filename,
    language: node.language,
  };
  const source = { ...input.source, path: [...input.source.path, last] };
  return stampBinary({ timestamp, author: plugin.author, source, entity, action: node.action }, input.flags.expedite);
}

function enrichedEvent(world: World, task: Task, end: number): BinaryEvent {
  const { spec } = task.plugin;
  const parts = { features: findFeatures(world.random, spec.features), info: spec.info?.(world.random) };
  return resultEvent(task, end, bareEntity(task.sample, parts), { action: 'enriched' });
}

function augmentedEvent(world: World, task: Task, end: number): BinaryEvent | undefined {
  const { random } = world;
  const { augments } = task.plugin.spec;
  if (augments === undefined || !random.chance(augments.chance)) return undefined;
  const labels = new Set<string>([random.pick(augments.labels), ...(random.chance(0.25) ? ['report'] : [])]);
  const streams = Array.from(labels, (label) => streamOf(makeSample(random, TEXT), label, label === 'text' ? 'english' : undefined));
  const features = findFeatures(random, task.plugin.spec.features);
  const entity = fullEntity(task.sample, { features, datastreams: [contentStream(task.sample), ...streams] });
  return resultEvent(task, end, entity, { action: 'augmented' });
}

function mappedEvent(world: World, task: Task, end: number): BinaryEvent | undefined {
  const { random } = world;
  if (!random.chance(task.plugin.spec.maps ?? 0)) return undefined;
  const sample = makeSample(random, random.weighted(SUBMITTED_FORMATS));
  const datastreams = random.chance(0.2) ? [streamOf(makeSample(random, TEXT), 'report')] : [];
  const relationship = stringMap({ action: random.pick(['contacted', 'drops', 'similar']) });
  const features = findFeatures(random, [FILENAME, MAGIC]);
  return resultEvent(task, end, knownEntity(sample, { features, datastreams }), {
    action: 'mapped',
    relationship,
    filename: sample.filename,
  });
}

function extractedEvent(world: World, task: Task, end: number, child: Sample): BinaryEvent {
  const { format, size, filename } = child;
  const relationship = stringMap({ action: 'extracted', label: 'within' });
  const features = findFeatures(world.random, [FILENAME, MAGIC]);
  const entity = fullEntity(child, { features, datastreams: [contentStream(child)] });
  return resultEvent(task, end, entity, { action: 'extracted', relationship, file_format: format.file_format, size, filename });
}

/** A run with results. `children`: what it takes out of the file. Returns the events that bring data: plugins run on them in turn. */
export function performRun(
  world: World,
  task: Task,
  children: readonly Sample[],
): { extracted: BinaryEvent[]; augmented: BinaryEvent | undefined } {
  const end = endOf(world, task);
  const extracted = children.map((child) => extractedEvent(world, task, end, child));
  const augmented = augmentedEvent(world, task, end);
  const mapped = mappedEvent(world, task, end);
  for (const event of [...extracted, augmented, mapped, enrichedEvent(world, task, end)]) {
    if (event !== undefined) schedule(world, end, publishBinary(world.prefix, event));
  }
  scheduleStatuses(world, task, end, world.random.weighted(SUCCESSES));
  return { extracted, augmented };
}

/** A run that finds what an earlier one of another version found, or more: one enriched event. */
export function repeatRun(world: World, task: Task): void {
  const end = endOf(world, task);
  schedule(world, end, publishBinary(world.prefix, enrichedEvent(world, task, end)));
  scheduleStatuses(world, task, end, world.random.weighted(SUCCESSES));
}

/** A run that comes to nothing. */
export function fruitlessRun(world: World, task: Task): void {
  scheduleStatuses(world, task, endOf(world, task), world.random.weighted(WITHOUT_RESULT));
}

/** A task that nobody finished: after half an hour the dispatcher says so, in the name of the input's author (spec 01 §10.4). */
export function loseTask(world: World, task: Task): void {
  const dequeued = dequeuedId(task);
  const entity = { ...task.input.entity, features: [], datastreams: [], info: undefined };
  const { name, category, version } = task.input.author;
  scheduleStatus(
    world,
    task.start + 1800 * SECOND,
    { name, category, version, security: undefined },
    {
      input: { ...task.input, entity, dequeued },
      status: 'error-network',
      runtime: undefined,
      error: `lost task: ${dequeued}`,
      message: undefined,
    },
  );
}
