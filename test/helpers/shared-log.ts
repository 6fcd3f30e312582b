/** Many small histories in one log, and what a live fold of it must come to. */
import fc from 'fast-check';
import type { Random } from '../../src/generate/random.js';
import type { Micros } from '../../schemas/events.js';
import type { ProjectionSettings } from '../../projections/settings.js';
import type { JsonObject } from '../../schemas/json-text.js';
import { arbitraryHistory } from './arbitrary-history.js';
import { documentMap } from './history.js';
import { kindOf } from './model-claims.js';
import { asRead } from './placed-records.js';
import { modelDocuments, modelExport, type ModelRecord } from './model.js';

export interface SharedLogOptions {
  readonly prefix: string;
  readonly settings: ProjectionSettings;
  readonly now: Micros;
  readonly seed: number;
  readonly histories: number;
  readonly partitions: number;
}

export interface SharedLog {
  /** Each in the order of its publication. */
  readonly histories: readonly (readonly ModelRecord[])[];
  /** Documents that must result, by index and id. */
  readonly expected: Map<string, JsonObject>;
}

const isTable = (record: ModelRecord): boolean => ['delete', 'insert'].includes(kindOf(record)!);

/** All records of one key in one partition have the same name. */
export function keyName({ topic, partition, key }: ModelRecord): string {
  return `${topic}/${partition}/${key}`;
}

/** Documents that a record may make, with any of the inserts and without a delete. */
function footprint(record: ModelRecord, inserts: readonly ModelRecord[], settings: ProjectionSettings, now: Micros): string {
  const all = inserts.map((insert, i) => ({ ...insert, key: `${insert.key}/${i}` }));
  return [...modelDocuments([{ ...record, offset: 0 }, ...all], settings, now).keys()].sort().join();
}

/**
 * Without what is left to `repair` or a rebuild in a live fold (spec 00 "The one exception", "Tombstones"): later records of a key that make other
 * documents, and deletes that are taken back.
 */
function withoutExceptions(records: readonly ModelRecord[], settings: ProjectionSettings, now: Micros): ModelRecord[] {
  const inserts = records.filter((record) => kindOf(record) === 'insert' && record.event !== null);
  const known = new Map<string, string>();
  return records.filter((record) => {
    if (record.event === null) return kindOf(record) !== 'delete';
    if (isTable(record)) return true;
    const made = footprint(record, inserts, settings, now);
    if (made === '') return true;
    const before = known.get(keyName(record)) ?? made;
    known.set(keyName(record), before);
    return before === made;
  });
}

function partitionOf(partitions: number): (key: string, topic: string) => number | undefined {
  return (key, topic) => {
    if (partitions === 1) return 0;
    return topic.includes('.system.') && !topic.endsWith('.expedite') ? key.charCodeAt(key.length - 1) % partitions : undefined;
  };
}

/** The same for the same seed. */
export function arbitrarySharedLog({ prefix, settings, now, seed, histories: count, partitions }: SharedLogOptions): SharedLog {
  const histories: ModelRecord[][] = [];
  const expected: string[] = [];
  for (let n = 0; n < count; n++) {
    const options = { prefix, settings, now, world: String(n).padStart(2, '0'), partitionOf: partitionOf(partitions) };
    const [drawn] = fc.sample(arbitraryHistory(options), { numRuns: 1, seed: seed + n });
    const records = withoutExceptions(drawn!.map(asRead), settings, now);
    histories.push(records);
    expected.push(modelExport(modelDocuments(records, settings, now)));
  }
  return { histories, expected: documentMap(expected.join('')) };
}

/** The records of all histories in an order of chance; those of one key in one partition keep theirs. */
export function interleaved(
  histories: readonly (readonly ModelRecord[])[],
  random: Random,
  tables: 'first' | 'last' | 'anywhere',
): ModelRecord[] {
  const queues = new Map<string, ModelRecord[]>();
  for (const record of histories.flat()) {
    const queue = queues.get(keyName(record));
    if (queue) queue.push(record);
    else queues.set(keyName(record), [record]);
  }
  const shuffled = random.sample([...queues.values()].flatMap((queue) => queue.map(() => queue)), Infinity); // prettier-ignore
  const order = shuffled.map((queue) => queue.shift()!);
  if (tables === 'anywhere') return order;
  const [first, last] = [order.filter(isTable), order.filter((record) => !isTable(record))];
  return tables === 'first' ? [...first, ...last] : [...last, ...first];
}

/** Cuts a list at places of chance. */
export function cut<T>(list: readonly T[], pieces: number, random: Random): T[][] {
  const cuts = Array.from({ length: pieces - 1 }, () => random.int(0, list.length)).sort((a, b) => a - b);
  return [...cuts, list.length].map((end, i) => list.slice(cuts[i - 1] ?? 0, end));
}
