/**
 * Commits of offsets that end with the broker's answer. The client's own callback says only that a commit is on its way; the answer comes as an event, and
 * events come with polls.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import Kafka from '@confluentinc/kafka-javascript';
import type { KafkaConsumer, LibrdKafkaError } from '@confluentinc/kafka-javascript/types/rdkafka.js';
import { asError } from './client-error.js';
import { clientTrouble } from './client-trouble.js';
import type { KafkaClientSettings } from './consumer.js';
import type { TopicPartitionOffset } from './offsets.js';

/** What a consumer needs in its settings so that answers are told. */
export const TELL_COMMITS = { offset_commit_cb: true } as const;

interface Waiting {
  readonly offsets: string;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Missing from the declarations of the client. */
interface CommitCb {
  commitCb(offsets: readonly TopicPartitionOffset[], done: (error: LibrdKafkaError | null) => void): void;
}

const TIMEOUT_MS = 10_000;

/** The commits of one consumer, which has to be polled while any is under way. */
export class Commits {
  /** In the order in which they were sent; each gets one answer. */
  private readonly waiting: Waiting[] = [];

  constructor(private readonly consumer: KafkaConsumer) {
    consumer.on('offset.commit', (error, offsets) => this.answered(error, offsets));
  }

  get areUnderWay(): boolean {
    return this.waiting.length > 0;
  }

  /**
   * Resolves when the broker has stored the offsets; rejects with what it answered, as when the group has moved on, and when it does not answer for ten
   * seconds: then they may be stored all the same.
   */
  commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    return new Promise<void>((resolve, reject) => {
      const one: Waiting = { offsets: textOf(offsets), resolve, reject };
      (this.consumer as unknown as CommitCb).commitCb(offsets, (error) => {
        // It was not sent: nothing will be answered.
        if (error && this.take(this.waiting.indexOf(one)) !== undefined) reject(asError(error));
      });
      this.waiting.push(one);
      // It stays in the line then: a late answer must not be taken for the next one's.
      timer = setTimeout(() => reject(new Error(`a commit was not answered within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
    }).finally(() => clearTimeout(timer));
  }

  /** Nothing is answered any more. */
  fail(error: Error): void {
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }

  private answered(error: LibrdKafkaError | undefined, offsets: readonly TopicPartitionOffset[]): void {
    const text = textOf(offsets);
    const found = this.waiting.findIndex((one) => one.offsets === text);
    const one = this.take(Math.max(0, found));
    if (error) one?.reject(asError(error));
    else one?.resolve();
  }

  private take(index: number): Waiting | undefined {
    return index < 0 ? undefined : this.waiting.splice(index, 1)[0];
  }
}

function textOf(offsets: readonly TopicPartitionOffset[]): string {
  return offsets
    .map(({ topic, partition, offset }) => `${topic}/${partition}@${offset}`)
    .sort()
    .join();
}

export interface GroupCommitOptions {
  readonly brokers: string;
  readonly client: KafkaClientSettings;
  /** A group without members: the broker refuses who is none of a group that has some. */
  readonly groupId: string;
  readonly offsets: readonly TopicPartitionOffset[];
}

const POLL_MS = 2;

/**
 * Commits for a group that nobody reads with, by a client of its own that ends with it: some milliseconds, and no thread that stays. Rejects when the
 * broker refuses or does not answer.
 */
export async function commitForGroup({ brokers, client, groupId, offsets }: GroupCommitOptions): Promise<void> {
  const consumer = new Kafka.KafkaConsumer(
    { ...client, ...TELL_COMMITS, 'metadata.broker.list': brokers, 'group.id': groupId, 'enable.auto.commit': false },
    {},
  );
  consumer.setDefaultConsumeTimeout(0);
  // What fails for good is told by the commit.
  const trouble = clientTrouble({ who: `group ${groupId}` });
  trouble.watch(consumer);
  await new Promise<void>((resolve, reject) => {
    consumer.connect({ timeout: TIMEOUT_MS }, (error) => (error ? reject(trouble.explain(error)) : resolve()));
  });
  const commits = new Commits(consumer);
  try {
    const polls = new AbortController();
    const done = commits.commit(offsets).finally(() => polls.abort());
    // It may be refused within the first poll, when nobody waits for it yet.
    done.catch(() => undefined);
    while (!polls.signal.aborted) {
      await new Promise<void>((resolve) => consumer.consume(1, () => resolve()));
      await Promise.race([sleep(POLL_MS), done]);
    }
    await done;
  } finally {
    await new Promise<void>((resolve) => consumer.disconnect(() => resolve()));
  }
}
