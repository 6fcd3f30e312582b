/**
 * Membership in the group of workers: which partitions of the lock topic are held, and whether that is still certain (spec 07 §8 "Owner").
 *
 * The broker refuses the commit of a member that was replaced, so a commit on the lock partitions every 3 s confirms the membership. Who
 * was not confirmed for session.timeout - 5 s may not write: by then another member may hold the partition.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createConsumer, type KafkaClientSettings, type RecordConsumer } from '../../../streams/consumer.js';
import { systemTopicPattern } from '../../../streams/topics.js';
import { messageOf } from '../../errors.js';
import { lockPartition, lockTopic, ownerGroup } from './lock.js';

/** Nothing may be written now. It may mend: the next confirmation may come. */
export class Unconfirmed extends Error {
  override readonly name = 'Unconfirmed';
}

const UNCONFIRMED_WAIT_MS = 250;

/** Repeats what the guard refuses: whoever is confirmed again had no successor in between. Rejects when the signal fires meanwhile. */
export async function whenConfirmed<T>(signal: AbortSignal, step: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof Unconfirmed)) throw error;
      await sleep(UNCONFIRMED_WAIT_MS, undefined, { signal });
    }
  }
}

export interface MembershipOptions {
  readonly brokers: string;
  readonly client: KafkaClientSettings;
  readonly topicPrefix: string;
  readonly topicRefreshMs: number;
  readonly sessionTimeoutMs: number;
  readonly confirmMs: number;
  readonly confirmMarginMs: number;
  /** Partitions came; those that are held now. */
  readonly onAssigned: (held: ReadonlySet<number>) => void;
  /** Partitions go once this has resolved. `lost`: they are somebody else's already. */
  readonly onRevoked: (going: ReadonlySet<number>, lost: boolean) => Promise<void>;
  readonly log: Logger;
}

/** Shortest session in which a confirmation every 3 s leaves room to write. */
const SHORTEST_SESSION_MS = 10_000;
const POLL_MS = 50;

export class Membership {
  private readonly consumer: RecordConsumer;
  private readonly held = new Set<number>();
  private readonly trustMs: number;
  private confirmedAt = -Infinity;
  private confirmedOnce = false;
  private joined = false;
  private closing = false;
  private loop: Promise<void> | undefined;
  private fatal: { readonly error: unknown } | undefined;

  constructor(private readonly options: MembershipOptions) {
    const { topicPrefix, brokers, client, topicRefreshMs, log } = options;
    const sessionTimeoutMs = Math.max(options.sessionTimeoutMs, SHORTEST_SESSION_MS);
    this.trustMs = sessionTimeoutMs - options.confirmMarginMs;
    this.consumer = createConsumer({
      brokers,
      client,
      groupId: ownerGroup(topicPrefix),
      subscription: [systemTopicPattern(topicPrefix, 'collection-lock')],
      topicRefreshMs,
      sessionTimeoutMs,
      queuedKilobytes: 64,
      onAssigned: (partitions) => {
        for (const { partition } of partitions) this.held.add(partition);
        this.joined = true;
        log.info({ partitions: [...this.held].sort((a, b) => a - b) }, 'partitions of the task lock held');
        void this.confirm().then(() => options.onAssigned(this.held));
      },
      onRevoked: async (partitions, lost) => {
        const going = new Set(partitions.map(({ partition }) => partition));
        log.info({ partitions: [...going], lost }, 'partitions of the task lock are taken away');
        if (lost) this.confirmedAt = -Infinity;
        await options.onRevoked(going, lost);
        for (const partition of going) this.held.delete(partition);
      },
      onError: (error) => log.warn({ err: error }, 'Kafka client of the task lock'),
    });
  }

  /** Joins the group, and stays in it until `close`. */
  async start(): Promise<void> {
    await this.consumer.start();
    this.loop = this.poll().catch((error: unknown) => {
      this.fatal = { error };
    });
  }

  /** Whether the first assignment has come; it may be of nothing. */
  get hasJoined(): boolean {
    return this.joined;
  }

  /** What ended the membership for good. */
  get failure(): { readonly error: unknown } | undefined {
    return this.fatal;
  }

  /** Whether a task is this member's, as far as is known. */
  owns(id: string): boolean {
    return this.held.has(lockPartition(id));
  }

  /** Whether what is held is certain. */
  get isConfirmed(): boolean {
    return performance.now() - this.confirmedAt < this.trustMs;
  }

  /** Throws `Unconfirmed` unless the task is certainly this member's. */
  guard(id: string): void {
    if (!this.owns(id)) throw new Unconfirmed(`the task belongs to another worker`);
    if (!this.isConfirmed) throw new Unconfirmed(`the membership in the group of workers was not confirmed for ${this.trustMs} ms`);
  }

  async close(): Promise<void> {
    this.closing = true;
    await this.loop;
    await this.consumer.close();
  }

  private async poll(): Promise<void> {
    let confirmAt = 0;
    let confirming: Promise<void> | undefined;
    while (!this.closing) {
      await this.consumer.poll(100);
      if (performance.now() >= confirmAt && confirming === undefined && this.held.size > 0) {
        confirmAt = performance.now() + this.options.confirmMs;
        confirming = this.confirm().finally(() => (confirming = undefined));
      }
      await sleep(POLL_MS);
    }
  }

  /** Never rejects: what is not confirmed is told by its age. */
  private async confirm(): Promise<void> {
    const topic = lockTopic(this.options.topicPrefix);
    const offsets = [...this.held].map((partition) => ({ topic, partition, offset: 0 }));
    if (offsets.length === 0) return;
    const asked = performance.now();
    try {
      await this.consumer.commit(offsets);
      this.confirmedAt = Math.max(this.confirmedAt, asked);
      if (!this.confirmedOnce) this.options.log.info('membership in the group of workers confirmed');
      this.confirmedOnce = true;
    } catch (error) {
      this.options.log.warn(
        { reason: messageOf(error) },
        'the membership in the group of workers is not confirmed, nothing is written unless it is again',
      );
    }
  }
}
