/** Where a projection's refusals go: each becomes a dead letter, a log line and a count. */
import type { Logger } from 'pino';
import type { Micros } from '../../schemas/events.js';
import type { RawRecord } from '../../streams/consumer.js';
import type { DeadLetter } from '../../streams/dead-letter.js';
import { letterOf, letterOfRejection, type LetterContext } from '../dead-letters/letter.js';
import type { Rejection } from '../sinks/opensearch-sink.js';
import type { RefusedEntry } from '../tables/table-tail.js';
import type { RecordRefusal } from './judge.js';

export interface RefusalsDependencies {
  /** Name of the projection, and partition name of the generation that it folds. */
  readonly projection: string;
  readonly generation: string;
  /** Resolves when the letters are durable. */
  readonly park: (letters: readonly DeadLetter[]) => Promise<void>;
  readonly onDeadLetter: (projection: string, refusalClass: string) => void;
  readonly clock: () => Micros;
  readonly log: Logger;
}

/** Each call resolves when its letters are durable. */
export class Refusals {
  constructor(private readonly deps: RefusalsDependencies) {}

  /** Of events of one record: one letter. */
  async ofRecord(record: RawRecord, refusals: readonly RecordRefusal[]): Promise<void> {
    const reason = refusals.map((refusal) => refusal.reason).join('; ');
    await this.bury([letterOf(record, refusals[0]!.class, reason, refusals, this.context)]);
  }

  /** Of contributions that OpenSearch refuses. */
  async ofDocuments(rejections: readonly Rejection<RawRecord>[]): Promise<void> {
    await this.bury(rejections.map((rejection) => letterOfRejection(rejection, this.context)));
  }

  /** Of entries of the tables' topics. */
  async ofEntries(entries: readonly RefusedEntry[]): Promise<void> {
    await this.bury(entries.map(({ record, refusalClass, reason }) => letterOf(record, refusalClass, reason, [], this.context)));
  }

  private get context(): LetterContext {
    const { projection, generation, clock } = this.deps;
    return { projection, generation, timeMs: Number(clock() / 1000n) };
  }

  private async bury(letters: readonly DeadLetter[]): Promise<void> {
    const { park, onDeadLetter, log } = this.deps;
    for (const { refusalClass, reason, topic, partition, offset, recordKey, projection } of letters) {
      log.warn({ projection, topic, partition, offset, key: recordKey, class: refusalClass, reason }, 'record goes to the dead letter');
      onDeadLetter(projection, refusalClass);
    }
    await park(letters);
  }
}
