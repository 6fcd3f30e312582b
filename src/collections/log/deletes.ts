/**
 * The delete events of `system.delete`, loaded before the first row and followed (spec 07 §8 "Deletes"). A delete counts as soon as it is
 * read; one that was taken back counts until the next rebuild, which asks for the table anew.
 */
import type { Logger } from 'pino';
import { DeleteTable } from '../../../projections/removal/delete-table.js';
import type { DeleteEvent } from '../../../schemas/events.js';
import { validateEvent } from '../../../schemas/validate.js';
import { keyText, type RawRecord } from '../../../streams/consumer.js';
import type { Decoder } from '../../../streams/decode.js';
import { followTopics, type TopicFollower } from '../../../streams/follow-topics.js';
import { systemTopic } from '../../../streams/topics.js';
import type { KafkaConfig } from '../../config/index.js';
import { lookUpSchema } from '../../schema-lookup.js';

export interface DeletesOptions {
  readonly kafka: KafkaConfig;
  readonly decoder: Decoder;
  readonly onNews: () => void;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export class DeletesLog {
  private current = new DeleteTable();
  private readonly byKey = new Map<string, DeleteEvent>();
  private follower: TopicFollower | undefined;
  private waiting: RawRecord[] = [];
  private applied = 0;
  /** Something was taken back or replaced since the table was made. */
  private shrunk = false;
  private loaded = false;
  private turn: Promise<void> = Promise.resolve();

  constructor(private readonly options: DeletesOptions) {}

  get table(): DeleteTable {
    return this.current;
  }

  /** Next offset of the topic after what the table holds: of several partitions the sum of theirs. */
  get next(): number {
    return this.applied;
  }

  /** Reads the topic to the end that it has now. Rejects when the broker or the registry does not answer. */
  async load(): Promise<void> {
    const { kafka, log } = this.options;
    this.follower ??= await followTopics({
      brokers: kafka.brokers,
      client: kafka.client,
      topics: [systemTopic(kafka.topicPrefix, 'delete')],
      missing: 'wait',
      onRecord: (record) => {
        this.waiting.push(record);
        if (this.loaded) void this.catchUpWaiting();
      },
      onError: (error) => log.warn({ err: error }, 'Kafka client of the deletes'),
    });
    await this.follower.catchUp();
    this.loaded = true;
    await this.catchUpWaiting();
  }

  /** The deletes that stand now, what was taken back being gone; the live filter is that from now on, too. */
  async fresh(): Promise<{ readonly table: DeleteTable; readonly next: number }> {
    await this.catchUpWaiting();
    if (this.shrunk) {
      this.shrunk = false;
      this.current = new DeleteTable();
      for (const [key, event] of this.byKey) this.current.load(key, event);
    }
    return { table: this.current, next: this.applied };
  }

  async close(): Promise<void> {
    await this.follower?.close();
  }

  private catchUpWaiting(): Promise<void> {
    this.turn = this.turn
      .then(() => this.apply())
      .catch((error: unknown) => this.options.log.warn({ err: error }, 'deletes cannot be read'));
    return this.turn;
  }

  private async apply(): Promise<void> {
    const records = this.waiting;
    this.waiting = [];
    for (const record of records) await this.take(record);
    const next = (this.follower?.reached() ?? []).reduce((sum, { offset }) => sum + offset, 0);
    if (next <= this.applied) return;
    this.applied = next;
    this.options.onNews();
  }

  private async take(record: RawRecord): Promise<void> {
    const { decoder, log, signal } = this.options;
    const key = keyText(record);
    let outcome = decoder.decode('delete', record.value);
    while (outcome.kind === 'unresolved') {
      await lookUpSchema(decoder, outcome.schemaId, { log, signal });
      outcome = decoder.decode('delete', record.value);
    }
    const before = this.byKey.has(key);
    if (outcome.kind !== 'event' || validateEvent('delete', outcome.event) !== undefined) {
      if (outcome.kind === 'malformed') log.warn({ key, offset: record.offset, reason: outcome.reason }, 'a delete event cannot be read');
      this.byKey.delete(key);
      this.shrunk ||= before;
      return;
    }
    this.shrunk ||= before;
    this.byKey.set(key, outcome.event);
    this.current.load(key, outcome.event);
  }
}
