/**
 * Where each task is, as the offsets of a consumer group: lag displays of Kafka know groups and no checkpoints (spec 07 §8 "Owner"). Nobody reads them back,
 * so they may be late, and failures are told and passed over.
 */
import type { Logger } from 'pino';
import { commitForGroup } from '../../../streams/commit.js';
import { createGroupAdmin } from '../../../streams/group-admin.js';
import type { TopicPartitionOffset } from '../../../streams/offsets.js';
import type { KafkaConfig } from '../../config/index.js';
import { messageOf } from '../../errors.js';

/** The group that shows how far a task is. */
export function taskGroup(topicPrefix: string, id: string): string {
  return `azul-${topicPrefix}-collection-${id}`;
}

export interface GroupOffsetsOptions {
  readonly kafka: Pick<KafkaConfig, 'brokers' | 'client' | 'topicPrefix'>;
  /** Between two commits for one task. */
  readonly intervalMs: number;
  /** Whether Kafka has answered lately: a broker that is away is not asked. */
  readonly isReachable: () => boolean;
  readonly log: Pick<Logger, 'warn'>;
}

interface Shown {
  /** What waits to be committed. */
  waiting: readonly TopicPartitionOffset[] | undefined;
  /** What was committed last, as text. */
  committed: string;
  dueAt: number;
}

export class GroupOffsets {
  private readonly tasks = new Map<string, Shown>();
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> = Promise.resolve();
  private closing = false;
  private failing = false;

  constructor(private readonly options: GroupOffsetsOptions) {}

  /** The task's rows in front of these offsets are written. */
  note(id: string, offsets: readonly TopicPartitionOffset[]): void {
    let shown = this.tasks.get(id);
    if (shown === undefined) this.tasks.set(id, (shown = { waiting: undefined, committed: '', dueAt: 0 }));
    if (offsets.length === 0 || JSON.stringify(offsets) === shown.committed) return;
    shown.waiting = offsets;
    this.schedule();
  }

  /** The task is another worker's now. */
  forget(id: string): void {
    this.tasks.delete(id);
  }

  /** The task is no more: its group goes. Never rejects; the broker forgets a group without members some time anyway. */
  async remove(id: string): Promise<void> {
    this.forget(id);
    await this.working;
    const { kafka, log } = this.options;
    const groupId = taskGroup(kafka.topicPrefix, id);
    const admin = createGroupAdmin(kafka.brokers, kafka.client);
    try {
      await admin.deleteGroups([groupId]);
    } catch (error) {
      log.warn({ groupId, reason: messageOf(error) }, 'the group of a removed collection cannot be deleted');
    } finally {
      admin.close();
    }
  }

  /** Commits what waits, as long as the broker takes it. */
  async close(): Promise<void> {
    this.closing = true;
    clearTimeout(this.timer);
    await this.working;
    for (const [id, shown] of this.tasks) if (shown.waiting !== undefined && !(await this.commit(id, shown))) return;
  }

  private schedule(): void {
    if (this.timer !== undefined || this.closing) return;
    const due = Math.min(...[...this.tasks.values()].flatMap(({ waiting, dueAt }) => (waiting === undefined ? [] : [dueAt])));
    if (due === Infinity) return;
    this.timer = setTimeout(() => {
      this.working = this.commitDue().finally(() => {
        this.timer = undefined;
        this.schedule();
      });
    }, Math.max(0, due - performance.now())); // prettier-ignore
  }

  /** One after the other: a client is there for each in turn. */
  private async commitDue(): Promise<void> {
    for (const [id, shown] of this.tasks) {
      if (this.closing) return;
      if (shown.waiting !== undefined && shown.dueAt <= performance.now()) await this.commit(id, shown);
    }
  }

  /** False when it was not done. Never rejects. */
  private async commit(id: string, shown: Shown): Promise<boolean> {
    const { kafka, intervalMs, isReachable, log } = this.options;
    shown.dueAt = performance.now() + intervalMs;
    if (!isReachable()) return false;
    const offsets = shown.waiting!;
    shown.waiting = undefined;
    const groupId = taskGroup(kafka.topicPrefix, id);
    try {
      await commitForGroup({ brokers: kafka.brokers, client: kafka.client, groupId, offsets });
      shown.committed = JSON.stringify(offsets);
      this.failing = false;
      return true;
    } catch (error) {
      // What came meanwhile is newer.
      shown.waiting ??= offsets;
      if (!this.failing) log.warn({ groupId, reason: messageOf(error) }, 'offsets for lag displays cannot be committed, trying again');
      this.failing = true;
      return false;
    }
  }
}
