/** A fresh fold of the log up to given offsets, as a rebuild writes it and a verification compares with it (spec 07 §8 "Deletes"). Writes nothing. */
import type { Collection } from '../../../projections/collections/types.js';
import type { DeleteTable } from '../../../projections/removal/delete-table.js';
import type { SecurityPolicy } from '../../../projections/security/policy.js';
import { keyText, type RawRecord } from '../../../streams/consumer.js';
import { readLog, type LogRange } from '../../../streams/log-reader.js';
import type { TopicPartitionOffset } from '../../../streams/offsets.js';
import type { CollectionsConfig } from '../../config/collections.js';
import type { KafkaConfig } from '../../config/index.js';
import { createEventFolder, type RowSink } from '../rows/event-folder.js';
import type { TaskRecord } from '../types.js';
import type { Catalogue } from './catalogue.js';
import { eventParts, type RecordReader } from './records.js';
import { replayStart } from './replay-start.js';

/** What a fold needs beside its task. */
export interface RefoldSource {
  readonly kafka: KafkaConfig;
  readonly settings: CollectionsConfig;
  readonly policy: SecurityPolicy;
  readonly catalogue: Pick<Catalogue, 'offsetsAt'>;
  readonly records: RecordReader;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
}

export interface RefoldOptions {
  readonly source: RefoldSource;
  readonly record: TaskRecord;
  readonly collection: Collection;
  readonly deletes: DeleteTable;
  /** Events at these offsets and behind them do not count. */
  readonly upTo: readonly TopicPartitionOffset[];
  /** Tombstones in front of these offsets count. A task at rest does not read on to them, yet what they name has to go from it, too. */
  readonly tombstonesUpTo: readonly TopicPartitionOffset[];
  readonly signal: AbortSignal;
}

/** Reads on until it answers false. */
export type IsEnough = () => boolean;

export interface Refold {
  /** Gives each row that counts to `matched`, from the replay start on. False when it ended early. Rejects when Kafka is away, or the signal fires. */
  each(matched: RowSink['matched'], isEnough?: IsEnough): Promise<boolean>;
}

const UNTOLD: Omit<RowSink, 'matched'> = {
  received: () => undefined,
  denied: () => undefined,
  deleted: () => undefined,
  futureSkipped: () => undefined,
};

/** Looks for the replay start and for tombstones: what stands before one counts for nothing. Rejects when Kafka is away, or the signal fires. */
export async function openRefold({ source, record, collection, deletes, upTo, tombstonesUpTo, signal }: RefoldOptions): Promise<Refold> {
  const { kafka, settings, policy, records } = source;
  const read = (ranges: readonly LogRange[]): AsyncGenerator<readonly RawRecord[]> =>
    readLog(ranges, { brokers: kafka.brokers, client: kafka.client, signal });
  const starts = await source.catalogue.offsetsAt(upTo, replayStart(record, collection, settings.clockSkewMs, source.now()));
  const ranges = rangesOf(starts, upTo);
  const gone =
    collection.query.table.model === 'binary' ? await lastTombstones(read(rangesOf(starts, tombstonesUpTo))) : new Map<string, number>();
  const folder = createEventFolder({ collection, task: record, policy, deletes: () => deletes });
  const parts = eventParts([collection.query]);

  return {
    async each(matched, isEnough = () => false) {
      const sink: RowSink = { ...UNTOLD, matched };
      for await (const batch of read(ranges)) {
        for (const raw of batch) {
          if (gone.size > 0 && raw.offset < (gone.get(placeOf(raw)) ?? 0)) continue;
          const one = await records.read(raw, parts);
          if (one.kind === 'event') folder.fold(one.placed, raw.timestamp ?? 0, sink);
        }
        if (isEnough()) return false;
      }
      return true;
    },
  };
}

function rangesOf(starts: readonly TopicPartitionOffset[], upTo: readonly TopicPartitionOffset[]): LogRange[] {
  const ends = new Map(upTo.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
  return starts.map(({ topic, partition, offset }) => ({
    topic,
    partition,
    from: offset,
    to: ends.get(`${topic}/${partition}`) ?? offset,
  }));
}

/** Offset of the last tombstone of each key, by partition. */
async function lastTombstones(log: AsyncIterable<readonly RawRecord[]>): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for await (const batch of log) {
    for (const record of batch) if (record.value === null || record.value.length === 0) found.set(placeOf(record), record.offset);
  }
  return found;
}

function placeOf(record: RawRecord): string {
  return `${record.topic}/${record.partition}/${keyText(record)}`;
}
