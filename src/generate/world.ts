/** What the scenarios share: chance, what is under way, the plugins, and the last binaries. Bounded, however long the history is. */
import type { BinaryEvent } from '../../schemas/events.js';
import type { Publication } from './publication.js';
import { pluginRelease, PLUGINS, type Plugin, type PluginSpec } from './plugins.js';
import type { Random } from './random.js';
import type { Sample } from './samples.js';
import { createTimeline, type Timeline } from './timeline.js';

const REMEMBERED_BINARIES = 64;

/** A binary that later scenarios may come back to. */
export interface KnownBinary {
  readonly sample: Sample;
  /** The event that brought it. */
  readonly event: BinaryEvent;
  /** Plugins that have results for it. */
  readonly enrichedBy: readonly PluginSpec[];
}

export interface World {
  readonly prefix: string;
  readonly random: Random;
  readonly timeline: Timeline;
  /** Binaries that may still be made. */
  remaining: number;
  readonly plugins: Plugin[];
  readonly recent: KnownBinary[];
  /** Binaries remembered so far: where the next one goes in `recent`. */
  remembered: number;
}

export function createWorld(prefix: string, random: Random, binaries: number): World {
  const plugins = PLUGINS.map((spec) => pluginRelease(spec, random.int(0, 3)));
  return { prefix, random, timeline: createTimeline(), remaining: binaries, plugins, recent: [], remembered: 0 };
}

/** Keeps the binary until 64 newer ones have come. */
export function remember(world: World, binary: KnownBinary): void {
  world.recent[world.remembered % REMEMBERED_BINARIES] = binary;
  world.remembered++;
}

/** `at`: microseconds since 1970; never before what has already been given out. */
export function schedule(world: World, at: number, publication: Publication): void {
  world.timeline.schedule(at, publication);
}
