/**
 * Random small histories whose records collide a lot, so that several meet in one document, one key comes from several places, and deletes
 * and inserts hit. A draw is a handful of small numbers, so that a failing history shrinks to few plain records.
 */
import fc from 'fast-check';
import type { ProjectionSettings } from '../../projections/settings.js';
import type { BinaryEvent, DeleteEvent, InsertEvent, Micros, PluginEvent } from '../../schemas/events.js';
import { binaryTopic, systemTopic } from '../../streams/topics.js';
import { feature } from '../unit/projections/binary/events.js';
import { arbitraryBinary, binaryOf, index, TIMES, type BinaryDraw } from './arbitrary-binary.js';
import { arbitraryDelete, arbitraryInsert, deleteOf, insertOf, type DeleteDraw, type InsertDraw } from './arbitrary-removal.js';
import { arbitraryPlugin, arbitraryStatus, pluginOf, statusOf, type PluginDraw, type StatusDraw } from './arbitrary-status.js';
import { kindOf } from './model-claims.js';
import { modelBinaries, type ModelRecord } from './model.js';

/** The source whose events expire; one of the source times lies further back. */
export const EXPIRING = { source: 's2', afterMs: 20 * 365 * 86_400_000, text: '20 years' } as const;

export interface HistoryOptions {
  readonly prefix: string;
  readonly settings: ProjectionSettings;
  readonly now: Micros;
  /** Which partition a key goes to; by default, and where it says undefined, any of two, so that one key can stand in both. */
  readonly partitionOf?: (key: string, topic: string) => number | undefined;
  /** Keeps histories apart that share one log: a part of every hash, author and submission. Digits. */
  readonly world?: string;
}

interface Unplaced {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly event: unknown;
}

interface RepeatDraw {
  readonly pick: number;
  readonly how: number;
  readonly time: number;
  readonly partition: number;
}

interface HistoryDraw {
  readonly binaries: readonly { readonly draw: BinaryDraw; readonly expedited: number; readonly partition: number }[];
  readonly statuses: readonly StatusDraw[];
  readonly plugins: readonly PluginDraw[];
  readonly inserts: readonly InsertDraw[];
  readonly deletes: readonly DeleteDraw[];
  readonly repeats: readonly RepeatDraw[];
  readonly order: readonly number[];
}

const bit = fc.nat({ max: 1 });

const arbitraryDraw: fc.Arbitrary<HistoryDraw> = fc.record({
  binaries: fc.array(fc.record({ draw: arbitraryBinary, expedited: fc.nat({ max: 3 }), partition: bit }), { minLength: 1, maxLength: 10 }),
  statuses: fc.array(arbitraryStatus, { maxLength: 2 }),
  plugins: fc.array(arbitraryPlugin, { maxLength: 2 }),
  inserts: fc.array(arbitraryInsert, { maxLength: 6 }),
  deletes: fc.array(arbitraryDelete, { maxLength: 3 }),
  repeats: fc.array(fc.record({ pick: fc.nat(), how: fc.nat({ max: 5 }), time: index(TIMES), partition: bit }), { maxLength: 8 }),
  order: fc.array(fc.nat({ max: 1000 }), { minLength: 16, maxLength: 16 }),
});

/** The same again, a little differently: what a later record of one key may change. */
function changed(event: unknown, kind: string | undefined, at: Micros, serial: number): unknown {
  if (kind === 'delete') return event;
  const features = [feature({ name: 'n', value: `v${serial}` })];
  if (kind === 'insert') {
    const { entity, ...rest } = event as InsertEvent;
    return {
      ...rest,
      timestamp: at,
      entity: { ...entity, child: { ...entity.child, features }, child_history: { ...entity.child_history, timestamp: at } },
    };
  }
  if (kind !== 'binary' && kind !== 'expedite') return { ...(event as PluginEvent), timestamp: at };
  const { entity, ...rest } = event as BinaryEvent;
  return { ...rest, timestamp: at, entity: { ...entity, features } };
}

/** A tombstone, a changed record or the same one once more, of any record before it; a binary one perhaps in the other partition. */
function repeat(list: readonly Unplaced[], { pick, how, time: at, partition }: RepeatDraw, serial: number): Unplaced | undefined {
  const again = list[pick % list.length];
  if (again === undefined) return undefined;
  if (how <= 1) return { ...again, event: null };
  if (again.event === null) return undefined;
  const kind = kindOf({ ...again, offset: 0 });
  const movable = kind === 'binary' || kind === 'expedite';
  const event = how <= 3 ? changed(again.event, kind, TIMES[at]!, serial) : again.event;
  return { ...again, event, partition: how === 5 && movable ? partition : again.partition };
}

/** Offsets as the broker gives them. */
function placed(list: readonly Unplaced[], { partitionOf }: HistoryOptions): ModelRecord[] {
  const next = new Map<string, number>();
  return list.map((record) => {
    const partition = partitionOf?.(record.key, record.topic) ?? record.partition;
    const name = `${record.topic}/${partition}`;
    const offset = next.get(name) ?? 0;
    next.set(name, offset + 1);
    return { ...record, partition, offset };
  });
}

function build(draw: HistoryDraw, options: HistoryOptions): ModelRecord[] {
  const { prefix, settings, now, world = '' } = options;
  let serial = 0;
  const system = (name: string, event: { readonly kafka_key: string }): Unplaced => ({
    topic: systemTopic(prefix, name),
    partition: 0,
    key: event.kafka_key,
    event,
  });
  const list: Unplaced[] = [];
  for (const { draw: drawn, expedited, partition } of draw.binaries) {
    const event = binaryOf(drawn, serial++, world);
    // An expedited submission is posted twice, its results once.
    const key = event.kafka_key === '' ? `none${world}` : event.kafka_key;
    if (expedited !== 1) list.push({ topic: binaryTopic(prefix, event.source.name, event.action), partition, key, event });
    if (expedited <= 1) list.push({ ...system('expedite', event), partition, key });
  }
  for (const status of draw.statuses) list.push(system('status', statusOf(status, ++serial, world)));
  for (const plugin of draw.plugins) list.push(system('plugin', pluginOf(plugin, world)));
  for (const insert of draw.inserts) list.push(system('insert', insertOf(insert, serial++, world)));
  const events = modelBinaries(placed(list, options), settings, now).map(({ event }) => event);
  for (const [i, drawn] of draw.deletes.entries()) {
    const event: DeleteEvent = { ...deleteOf(drawn, events), kafka_key: `delete${i}w${world}` };
    list.push(system('delete', event));
  }
  const order = (i: number): number => draw.order[i % draw.order.length]!;
  const log = list.map((record, i) => ({ record, at: order(i) })).sort((a, b) => a.at - b.at).map(({ record }) => record); // prettier-ignore
  for (const one of draw.repeats) {
    const again = repeat(log, one, serial++);
    if (again !== undefined) log.push(again);
  }
  return placed(log, options);
}

/** One record as a line of a failure's report. */
function describe({ topic, partition, offset, key, event }: ModelRecord): string {
  const shown = JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
  return `\n  ${topic}/${partition}/${offset} ${key} ${shown}`;
}

/** Logs of up to some forty records, in the order of publication. */
export function arbitraryHistory(options: HistoryOptions): fc.Arbitrary<ModelRecord[]> {
  return arbitraryDraw.map((draw) => {
    const records = build(draw, options);
    return Object.assign(records, { [fc.toStringMethod]: () => records.map(describe).join('') });
  });
}
