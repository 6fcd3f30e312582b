/** Statuses, some with results, and plugin registrations. Part of arbitrary-history.ts. */
import fc from 'fast-check';
import type { BinaryEvent, PluginEvent, StatusEvent } from '../../schemas/events.js';
import { pluginKey, statusKey } from '../../schemas/identity.js';
import { arbitraryBinary, authorIn, binaryOf, index, TIMES, type BinaryDraw } from './arbitrary-binary.js';

const STATUSES = ['completed', 'completed-with-errors', 'error-exception', 'heartbeat'] as const;

export interface StatusDraw {
  readonly results: readonly BinaryDraw[];
  readonly status: number;
  readonly task: number;
  /** Results without keys and tracking fields. */
  readonly bare: boolean;
  readonly time: number;
}

export interface PluginDraw {
  readonly name: number;
  readonly time: number;
}

export const arbitraryStatus: fc.Arbitrary<StatusDraw> = fc.record({
  results: fc.array(arbitraryBinary, { maxLength: 2 }),
  status: index(STATUSES),
  task: fc.nat({ max: 1 }),
  bare: fc.boolean(),
  time: index(TIMES),
});

export const arbitraryPlugin: fc.Arbitrary<PluginDraw> = fc.record({ name: fc.nat({ max: 1 }), time: index(TIMES) });

const NOTHING_SPECIAL: BinaryDraw = { path: 0, version: 0, label: 0, source: 0, references: 0, sourceTime: 0, settings: 0, nodeTime: 0, time: 0, quirk: 0 }; // prettier-ignore

/** The status of a draw, its results included. */
export function statusOf({ results, status, task, bare, time: at }: StatusDraw, serial: number, world: string): StatusEvent {
  const found = new Map<string, BinaryEvent>();
  for (const [i, draw] of results.entries()) {
    const result = binaryOf(draw, serial * 10 + i, world);
    const posted = bare ? { ...result, kafka_key: '', track_source_references: '', track_links: [], track_authors: [] } : result;
    // No two of one binary: their children could not be told apart, since older ancestors are in no key.
    found.set(posted.source.path.at(-1)!.sha256, posted);
  }
  const event = {
    model_version: 6,
    timestamp: TIMES[at]!,
    author: authorIn(world, 'unzip'),
    entity: {
      input: { ...binaryOf(NOTHING_SPECIAL, serial, world), dequeued: `task${task}` },
      status: STATUSES[status]!,
      runtime: 1,
      error: undefined,
      message: undefined,
      results: [...found.values()],
    },
  };
  return { ...event, kafka_key: statusKey(event) };
}

/** A registration, by few names. */
export function pluginOf({ name, time: at }: PluginDraw, world: string): PluginEvent {
  const entity = {
    name: `plugin${name}${world}`,
    version: '1',
    category: 'plugin',
    contact: undefined,
    description: `at ${at}`,
    features: [],
    security: undefined,
    config: undefined,
  };
  return { model_version: 6, kafka_key: pluginKey({ entity }), timestamp: TIMES[at]!, author: authorIn(world, 'unzip'), entity };
}
