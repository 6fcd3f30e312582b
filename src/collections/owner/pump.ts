/**
 * One reading of the log for one or many tasks: each record is decoded once, then given to every task that has not had it yet.
 *
 * A task that joins may be behind the others: its partitions are read from its positions again, and who had those records already does not
 * get them twice. So a task changes from a reading of its own to the shared one without a gap, and positions need no agreement.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { CompiledQuery, EventTable, PlacedEvent } from '../../../projections/collections/types.js';
import type { KafkaClientSettings, RawRecord } from '../../../streams/consumer.js';
import { createLogCursor, type LogCursor } from '../../../streams/log-cursor.js';
import { OffsetMap, type TopicPartitionOffset } from '../../../streams/offsets.js';
import { messageOf } from '../../errors.js';
import { eventParts, type EventParts, type RecordReader } from '../log/records.js';

/** A task as a reading sees it. */
export interface Reading {
  readonly query: Pick<CompiledQuery, 'table' | 'parts'>;
  /** Next offsets; only partitions in it are read. Moved by the pump. */
  readonly next: OffsetMap;
  /** Folds a record. Throws what ends the task's fold. */
  take(placed: PlacedEvent, timestamp: number, model: EventTable['model']): void;
  tombstone(record: RawRecord): void;
  /** A partition's end was reached. */
  atEnd(topic: string, partition: number): void;
  /** Undefined when it can take more records, else when to ask again. Must not reject. */
  room(): Promise<unknown> | undefined;
  /** It is read no more. */
  fail(error: unknown): void;
}

export interface PumpOptions {
  readonly brokers: string;
  readonly client: KafkaClientSettings;
  readonly records: RecordReader;
  readonly fetchRecords: number;
  readonly queuedKilobytes: number;
  /** So many records came and were handed on. */
  readonly onRead: (count: number) => void;
  readonly onRefused: (record: RawRecord, reason: string) => void;
  readonly log: Logger;
}

/** Between two looks while nothing comes: first and longest. */
const IDLE_MS = [1, 20] as const;

export class Pump {
  private readonly cursor: LogCursor;
  private readonly readings = new Set<Reading>();
  private coming: { readonly reading: Reading; readonly positions: readonly TopicPartitionOffset[] }[] = [];
  private byTopic = new Map<string, Reading[]>();
  /** What all readings together want of events. */
  private parts: EventParts = new Map();
  private started: Promise<void> | undefined;
  private loop: Promise<void> | undefined;
  /** Next offsets that the client gives. */
  private at = new OffsetMap();
  /** Set when what is read has to be told to the client anew. */
  private stale = false;
  private closing = false;
  private idleMs: number = IDLE_MS[0];
  private turn: Promise<void> = Promise.resolve();
  private failed = false;

  constructor(private readonly options: PumpOptions) {
    const { brokers, client, queuedKilobytes, log } = options;
    this.cursor = createLogCursor({
      ...{ brokers, client, queuedKilobytes },
      onError: (error) => log.warn({ err: error }, 'Kafka client'),
      onRenewed: () => (this.stale = true),
    });
  }

  /** Whether its readings were failed once: new ones had better go elsewhere. */
  get hasFailed(): boolean {
    return this.failed;
  }

  /** Records that a reading with these next offsets would make it read again, or would have to wait for; undefined when they share no partition. */
  distanceTo(next: OffsetMap): number | undefined {
    const standing = [...this.readings, ...this.coming.map(({ reading }) => reading)];
    let distance: number | undefined;
    for (const { topic, partition, offset } of next.entries()) {
      const at = this.at.get(topic, partition) ?? Math.min(...standing.map((one) => one.next.get(topic, partition) ?? Infinity));
      if (at !== Infinity) distance = (distance ?? 0) + Math.abs(at - offset);
    }
    return distance;
  }

  /** Rejects when the broker does not answer. */
  async attach(reading: Reading): Promise<void> {
    this.coming.push({ reading, positions: [] });
    const started = (this.started ??= this.cursor.start());
    try {
      await started;
    } catch (error) {
      // The next one tries again.
      if (this.started === started) this.started = undefined;
      await this.detach(reading);
      throw error;
    }
    this.loop ??= this.run();
  }

  /** Reads further partitions for a reading that is attached. */
  include(reading: Reading, positions: readonly TopicPartitionOffset[]): void {
    this.coming.push({ reading, positions });
  }

  /** When this resolves the reading is given nothing more. */
  async detach(reading: Reading): Promise<void> {
    if (this.readings.delete(reading)) this.changed();
    for (const { positions } of this.coming.filter((one) => one.reading === reading)) advance(reading, positions);
    this.coming = this.coming.filter((one) => one.reading !== reading);
    await this.turn;
  }

  /** Takes in what has come: between two polls only, so that nobody gets the middle of a batch whose beginning he has not had. */
  private takeIn(): void {
    if (this.coming.length === 0) return;
    for (const { reading, positions } of this.coming) {
      advance(reading, positions);
      this.readings.add(reading);
    }
    this.coming = [];
    this.changed();
  }

  private changed(): void {
    this.parts = eventParts(
      [...this.readings].map(({ query }) => query),
      this.parts,
    );
    this.byTopic = new Map();
    for (const reading of this.readings) {
      const positions = reading.next.entries();
      for (const topic of new Set(positions.map((one) => one.topic))) {
        const list = this.byTopic.get(topic);
        if (list) list.push(reading);
        else this.byTopic.set(topic, [reading]);
      }
      // Whoever is not behind what the client gives next just joins in.
      this.stale ||= positions.some(({ topic, partition, offset }) => offset < (this.at.get(topic, partition) ?? Infinity));
    }
    this.stale ||= this.at.entries().some(({ topic }) => !this.byTopic.has(topic));
  }

  async close(): Promise<void> {
    this.closing = true;
    await this.loop;
    await this.started?.catch(() => undefined);
    await this.cursor.close();
  }

  private async run(): Promise<void> {
    while (!this.closing) {
      this.turn = this.step();
      await this.turn;
    }
  }

  /** Never rejects. */
  private async step(): Promise<void> {
    try {
      this.takeIn();
      if (this.stale) {
        this.stale = false;
        this.at = new OffsetMap();
        const positions = this.positions();
        for (const { topic, partition, offset } of positions) this.at.advance(topic, partition, offset);
        this.cursor.assign(positions);
      }
      if (this.readings.size === 0) {
        await sleep(IDLE_MS[1]);
        return;
      }
      for (const reading of this.readings) for (let room = reading.room(); room !== undefined; room = reading.room()) await room;
      const { records, ends } = await this.cursor.poll(this.options.fetchRecords);
      this.options.onRead(records.length);
      for (const record of records) {
        this.at.advance(record.topic, record.partition, record.offset + 1);
        const given = this.give(record);
        if (given !== undefined) await given;
      }
      for (const { topic, partition, offset } of ends) {
        this.at.advance(topic, partition, offset);
        for (const reading of this.byTopic.get(topic) ?? []) {
          if (reading.next.get(topic, partition) === undefined) continue;
          reading.next.advance(topic, partition, offset);
          reading.atEnd(topic, partition);
        }
      }
      if (records.length > 0) this.idleMs = IDLE_MS[0];
      else {
        await sleep(this.idleMs);
        this.idleMs = Math.min(IDLE_MS[1], this.idleMs * 2);
      }
    } catch (error) {
      // A client that can't be used any more, or a bug: each task begins anew with what it has written.
      this.options.log.error({ err: error }, 'reading for collections failed');
      this.failed = true;
      for (const reading of this.readings) reading.fail(error);
      this.readings.clear();
      this.changed();
    }
  }

  /** Of each partition the lowest position that a reading has. */
  private positions(): TopicPartitionOffset[] {
    const lowest = new Map<string, TopicPartitionOffset>();
    for (const { next } of this.readings) {
      for (const position of next.entries()) {
        const key = `${position.topic}/${position.partition}`;
        const other = lowest.get(key);
        if (other === undefined || position.offset < other.offset) lowest.set(key, position);
      }
    }
    return [...lowest.values()];
  }

  private give(record: RawRecord): Promise<void> | undefined {
    const readings = this.byTopic.get(record.topic)?.filter((reading) => wants(reading, record));
    if (readings === undefined || readings.length === 0) return undefined;
    const read = this.options.records.read(record, this.parts);
    if (read instanceof Promise) return read.then((found) => this.hand(record, readings, found));
    this.hand(record, readings, read);
    return undefined;
  }

  private hand(record: RawRecord, readings: readonly Reading[], read: Awaited<ReturnType<RecordReader['read']>>): void {
    if (read.kind === 'refused') this.options.onRefused(record, read.reason);
    for (const reading of readings) {
      if (!this.readings.has(reading)) continue;
      try {
        if (read.kind === 'event') reading.take(read.placed, record.timestamp ?? 0, read.model);
        else if (read.kind === 'tombstone') reading.tombstone(record);
        reading.next.advance(record.topic, record.partition, record.offset + 1);
      } catch (error) {
        this.options.log.warn({ reason: messageOf(error), topic: record.topic, partition: record.partition, offset: record.offset }, 'the fold of a collection ends at a record'); // prettier-ignore
        this.readings.delete(reading);
        this.changed();
        reading.fail(error);
      }
    }
  }
}

function advance({ next }: Reading, positions: readonly TopicPartitionOffset[]): void {
  for (const { topic, partition, offset } of positions) next.advance(topic, partition, offset);
}

function wants({ next }: Reading, { topic, partition, offset }: RawRecord): boolean {
  const position = next.get(topic, partition);
  return position !== undefined && offset >= position;
}
