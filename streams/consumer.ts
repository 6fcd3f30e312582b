/**
 * A member of a consumer group on librdkafka's own interface: batches by polling, offsets committed by the caller only.
 *
 * - Subscriptions are patterns, so topics that appear later are found at the next metadata refresh.
 * - Cooperative rebalancing: partitions that stay are not interrupted. A partition that is taken away is given up only after `onRevoked`
 *   has resolved; what it does not bring to a commit is read again by the next owner.
 * - Polls never block a thread of the pool: an empty poll waits on a timer here instead.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import Kafka from '@confluentinc/kafka-javascript';
import type { KafkaConsumer, LibrdKafkaError } from '@confluentinc/kafka-javascript/types/rdkafka.js';
import { asError } from './client-error.js';
import { clientTrouble } from './client-trouble.js';
import { Commits, TELL_COMMITS } from './commit.js';
import { createRenewal, TELL_BROKERS } from './lost-brokers.js';
import type { TopicPartition, TopicPartitionOffset } from './offsets.js';

export type KafkaClientSettings = Readonly<Record<string, string | number | boolean>>;

export interface ConsumerOptions {
  readonly brokers: string;
  /** TLS, SASL and other librdkafka settings. */
  readonly client: KafkaClientSettings;
  readonly groupId: string;
  /** Patterns in librdkafka's syntax, each beginning with `^`. */
  readonly subscription: readonly string[];
  /** How often new topics are looked for. */
  readonly topicRefreshMs: number;
  /** How long the group waits for a silent member before its partitions go to the others. */
  readonly sessionTimeoutMs: number;
  /** Upper bound of records fetched ahead for one partition, in kilobytes. */
  readonly queuedKilobytes: number;
  readonly onAssigned: (partitions: readonly TopicPartition[]) => void;
  /** Called before partitions are given up. `lost`: the group has already moved on, a commit would be refused. */
  readonly onRevoked: (partitions: readonly TopicPartition[], lost: boolean) => Promise<void>;
  /** Errors that the client recovers from by itself (broker away, and so on). */
  readonly onError: (error: Error) => void;
}

/** One Kafka record as the client delivers it. */
export interface RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key?: Buffer | string | null;
  readonly value: Buffer | null;
  /** Milliseconds since the epoch. */
  readonly timestamp?: number;
}

/** Text of a record's key; empty for a record without one. */
export function keyText({ key }: Pick<RawRecord, 'key'>): string {
  return key === null || key === undefined ? '' : key.toString();
}

export interface Poll {
  readonly records: readonly RawRecord[];
  /** Partitions whose end was reached, with the next offset to read: beyond control records and compacted gaps. */
  readonly ends: readonly TopicPartitionOffset[];
}

export interface RecordConsumer {
  /** Connects and subscribes; resolves once the broker has answered. */
  start(): Promise<void>;
  /** At most `max` records that are at hand; does not wait for more. Also serves rebalances, so it must be called regularly. */
  poll(max: number): Promise<Poll>;
  pause(): void;
  resume(): void;
  /** Resolves when the broker has stored the offsets. Rejects when it refuses, as when the group has moved on, and when the consumer is closed. */
  commit(offsets: readonly TopicPartitionOffset[]): Promise<void>;
  assignment(): readonly TopicPartition[];
  /** True from a revocation until the partitions are given up. */
  readonly rebalancing: boolean;
  close(): Promise<void>;
}

/** What the client's type declarations leave out. */
interface CooperativeConsumer {
  incrementalAssign(partitions: readonly TopicPartition[]): void;
  incrementalUnassign(partitions: readonly TopicPartition[]): void;
  assignmentLost(): boolean;
}

const ERR_ASSIGN_PARTITIONS = -175;
/** What a pattern without a matching topic is answered with. */
const ERR_UNKNOWN_TOPIC = 3;
/** Topic, group and cluster authorisation failed; SASL authentication failed; the client's own word for the latter. */
const NOT_AUTHORIZED: ReadonlySet<number> = new Set([29, 30, 31, 58, -169]);
/** A member learns of a rebalance with its next heartbeat, and whoever joins the group reads nothing until then. */
const HEARTBEAT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 30_000;
const LEAVE_TIMEOUT_MS = 5_000;
/** The library itself takes five seconds now and then, until what it held is gone. Beyond that it waits for an answer. */
const ANSWER_AFTER_MS = 7_000;
const DISCONNECT_TIMEOUT_MS = 10_000;
const LEAVE_POLL_MS = 10;
/** While a commit is under way the consumer is polled at least so often. */
const SERVE_MS = 20;
/** So many polls without a rebalance say that none is under way. */
const LEAVE_QUIET_POLLS = 10;

export function createConsumer(options: ConsumerOptions): RecordConsumer {
  let assigned: readonly TopicPartition[] = [];
  let ends: TopicPartitionOffset[] = [];
  let paused = false;
  let rebalancing = false;
  let rebalances = 0;
  let closing = false;

  /** Records that came while a commit was waited for and nobody polled. */
  let kept: RawRecord[] = [];
  let polledAt = 0;
  let polling: Promise<unknown> = Promise.resolve();
  let serving = false;
  const who = `group ${options.groupId}`;
  const trouble = clientTrouble({ who, onError: options.onError });
  const renewal = createRenewal({
    ...{ who, open, connect, replace, end: disconnect, onError: options.onError },
    isCurrent: (one) => one === consumer,
  });
  let consumer = open();
  let commits = new Commits(consumer);

  function open(): KafkaConsumer {
    const opened = new Kafka.KafkaConsumer(
      {
        ...options.client,
        ...TELL_COMMITS,
        ...TELL_BROKERS,
        'metadata.broker.list': options.brokers,
        'group.id': options.groupId,
        'partition.assignment.strategy': 'cooperative-sticky',
        'enable.auto.commit': false,
        'enable.auto.offset.store': false,
        'enable.partition.eof': true,
        'topic.metadata.refresh.interval.ms': options.topicRefreshMs,
        'session.timeout.ms': options.sessionTimeoutMs,
        'heartbeat.interval.ms': HEARTBEAT_MS,
        'queued.min.messages': 10_000,
        'queued.max.messages.kbytes': options.queuedKilobytes,
        'fetch.message.max.bytes': 524_288,
        'fetch.max.bytes': 4_194_304,
        // The default of a second would stall a partition each time its queue has been full.
        'fetch.queue.backoff.ms': 5,
        'max.poll.interval.ms': 600_000,
        rebalance_cb: (error: LibrdKafkaError | undefined, partitions: TopicPartition[]) => {
          if (opened === consumer) void rebalance(error, partitions);
          else giveUpAll(opened);
        },
      },
      { 'auto.offset.reset': 'earliest' },
    );
    opened.setDefaultConsumeTimeout(0);
    trouble.watch(opened);
    opened.on('partition.eof', (end) => {
      if (opened === consumer) ends.push({ topic: end.topic, partition: end.partition, offset: end.offset });
    });
    renewal.watch(opened);
    return opened;
  }

  function connect(opened: KafkaConsumer): Promise<void> {
    return new Promise((resolve, reject) => {
      opened.connect({ timeout: CONNECT_TIMEOUT_MS }, (error) => {
        if (error) {
          reject(trouble.explain(error));
          return;
        }
        opened.subscribe([...options.subscription]);
        resolve();
      });
    });
  }

  /** Another client becomes a new member of the group, which has put the one before out, or will: nothing of that one can be committed any more. */
  function replace(found: KafkaConsumer): Promise<void> {
    const turn = polling.then(async () => {
      const gone = assigned;
      consumer = found;
      commits.fail(new Error('the Kafka client of this commit has lost its brokers'));
      commits = new Commits(found);
      assigned = [];
      ends = [];
      kept = [];
      rebalances++;
      await options.onRevoked(gone, true).catch((failure: unknown) => options.onError(asError(failure)));
    });
    polling = turn;
    return turn;
  }

  async function rebalance(error: LibrdKafkaError | undefined, partitions: TopicPartition[]): Promise<void> {
    const cooperative = consumer as unknown as CooperativeConsumer;
    rebalances++;
    try {
      if (error?.code === ERR_ASSIGN_PARTITIONS) {
        cooperative.incrementalAssign(partitions);
        assigned = consumer.assignments();
        if (paused && partitions.length > 0) consumer.pause(partitions);
        options.onAssigned(partitions);
        return;
      }
      rebalancing = true;
      // Whatever becomes of what was in hand, the group waits until the partitions are given up.
      await options.onRevoked(partitions, cooperative.assignmentLost()).catch((failure: unknown) => options.onError(asError(failure)));
      cooperative.incrementalUnassign(partitions);
      kept = kept.filter(({ topic, partition }) => !partitions.some((gone) => gone.topic === topic && gone.partition === partition));
      assigned = consumer.assignments();
    } catch (failure) {
      if (!closing) options.onError(asError(failure));
      else if (error?.code === ERR_ASSIGN_PARTITIONS) giveUpAll(consumer);
    } finally {
      rebalancing = false;
    }
  }

  /** A client that is being closed takes no assignment any more, and waits for an answer to what it has asked all the same. */
  function giveUpAll(client: KafkaConsumer): void {
    try {
      client.unassign();
    } catch {
      // It has ended meanwhile.
    }
  }

  /**
   * Gives the partitions back while polls still serve the rebalance; a disconnect in the middle of one would wait for its callback for ever. A member
   * without partitions may be in the middle of one too, of which only the next polls tell.
   */
  async function leaveGroup(): Promise<void> {
    consumer.unsubscribe();
    const deadline = performance.now() + LEAVE_TIMEOUT_MS;
    let [quiet, seen] = [0, rebalances];
    while ((assigned.length > 0 || rebalancing || quiet < LEAVE_QUIET_POLLS) && performance.now() < deadline) {
      await new Promise<void>((resolve) => consumer.consume(1, () => resolve()));
      await sleep(LEAVE_POLL_MS);
      quiet = seen === rebalances ? quiet + 1 : 0;
      seen = rebalances;
    }
  }

  function consume(max: number): Promise<Poll> {
    polledAt = performance.now();
    return new Promise((resolve, reject) => {
      consumer.consume(max, (error, records) => {
        const reached = ends;
        ends = [];
        if (!error) {
          resolve({ records, ends: reached });
          return;
        }
        if (isFatal(error)) {
          reject(trouble.explain(error));
          return;
        }
        if (error.code !== ERR_UNKNOWN_TOPIC) options.onError(trouble.explain(error));
        resolve({ records: [], ends: reached });
      });
    });
  }

  /** Answers come with polls, and whoever waits for one may poll no more. What else comes is kept for the next poll. */
  async function serveCommits(): Promise<void> {
    serving = true;
    while (commits.areUnderWay && !closing) {
      await sleep(SERVE_MS);
      if (performance.now() - polledAt < SERVE_MS) continue;
      const turn = polling.then(() => consume(1));
      polling = turn.catch(() => undefined);
      const poll = await turn.catch((error: unknown) => options.onError(asError(error)));
      if (poll === undefined) continue;
      kept.push(...poll.records);
      ends.unshift(...poll.ends);
    }
    serving = false;
  }

  /**
   * A client that waits for partitions to be given up, as by an `onRevoked` that does not end, gets its answer: the process could not exit while its
   * thread waits. One that does not come back all the same holds up nobody: the broker puts the member out.
   */
  async function disconnect(client: KafkaConsumer): Promise<void> {
    const done = new Promise<boolean>((resolve) => client.disconnect(() => resolve(true)));
    const within = (ms: number): Promise<boolean> => Promise.race([done, sleep(ms, false, { ref: false })]);
    if (await within(ANSWER_AFTER_MS)) return;
    giveUpAll(client);
    if (await within(DISCONNECT_TIMEOUT_MS)) return;
    options.onError(
      new Error(`the Kafka client of group ${options.groupId} did not end within ${ANSWER_AFTER_MS + DISCONNECT_TIMEOUT_MS} ms`),
    );
  }

  return {
    start: () => connect(consumer),
    poll(max) {
      const result = polling.then(() => consume(max));
      polling = result.catch(() => undefined);
      return result.then((poll) => {
        const before = kept;
        if (before.length === 0) return poll;
        kept = [];
        return { ...poll, records: [...before, ...poll.records] };
      });
    },
    pause() {
      paused = true;
      if (assigned.length > 0) consumer.pause([...assigned]);
    },
    resume() {
      paused = false;
      if (assigned.length > 0) consumer.resume([...assigned]);
    },
    commit(offsets) {
      const answer = commits.commit(offsets);
      if (!serving) void serveCommits();
      return answer;
    },
    assignment: () => assigned,
    get rebalancing() {
      return rebalancing;
    },
    async close() {
      closing = true;
      await renewal.close();
      // The library crashes when a client that was never connected is disconnected.
      if (!consumer.isConnected()) return;
      await leaveGroup();
      await disconnect(consumer);
      commits.fail(new Error('the consumer was closed before its commit was answered'));
    },
  };
}

/** What no waiting mends: the member may not read here, or the client itself says that it is beyond help. */
function isFatal(error: LibrdKafkaError): boolean {
  return error.isFatal === true || NOT_AUTHORIZED.has(error.code);
}
