/**
 * Folds a slice of the log again, at the records' own positions, as a worker would (spec 06 §2.7 `replay`). A record that a later one of its key has
 * overtaken is passed over: what it made may have been taken back since.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sameIdentity } from '../../projections/contribution.js';
import { keyText, type RawRecord } from '../../streams/consumer.js';
import { readLog, type LogRange, type LogReaderOptions } from '../../streams/log-reader.js';
import { KeyFile, KeyFileWriter, keyName } from '../compare/key-file.js';
import { Sorter } from '../compare/sorter.js';
import { letterOf } from '../dead-letters/letter.js';
import type { Parking } from '../dead-letters/parking.js';
import { retractRecord, type Retraction } from '../removal/retraction.js';
import { durableOf } from '../sinks/opensearch-sink.js';
import { parentsOf } from '../sinks/parents.js';
import { OperationBuffer } from '../worker/operation-buffer.js';
import { judgeNow, type ProjectionKit, type ReplayKit } from './kit.js';

export interface SliceCounts {
  /** Read. */
  records: number;
  overtaken: number;
  /** In order, but they ask for no document: tombstones, deleted, expired. */
  nothing: number;
  /** Sent to the dead letter. */
  refused: number;
  /** Document operations that became durable. */
  documents: number;
  /** Documents that lost contributions, or all of them and so themselves. */
  retracted: number;
}

export interface SliceDependencies {
  /** Those that read the topic. */
  readonly kits: readonly ProjectionKit[];
  readonly kit: ReplayKit;
  readonly parking: Parking;
  readonly logReader: LogReaderOptions;
  readonly onProgress: (stage: string, done: number, total: number) => void;
}

/** `slice`: what is folded; `ends`: next offsets of the same partitions, by number. Counts grow meanwhile. */
export async function replaySlice(
  slice: readonly LogRange[],
  ends: ReadonlyMap<number, number>,
  counts: SliceCounts,
  deps: SliceDependencies,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'metafold-replay-'));
  const total = slice.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0);
  try {
    const last = await readLastOffsets(slice, ends, folder, deps);
    try {
      for await (const records of readLog(slice, deps.logReader)) {
        const standing = records.filter((record) => isKeyless(record) || last.find(nameOf(record))!.offset === record.offset);
        counts.records += records.length;
        counts.overtaken += records.length - standing.length;
        for (const projection of deps.kits) await foldRecords(standing, projection, counts, deps);
        deps.onProgress('fold', counts.records, total);
      }
      // Removals are done once more after a while: requests of dead workers may still be executed.
      for (const { removal } of deps.kits) if (removal.again.pending > 0) await removal.again.drain();
    } finally {
      last.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isKeyless(record: RawRecord): boolean {
  return keyText(record) === '';
}

function nameOf(record: RawRecord): Buffer {
  return keyName(0, record.partition, keyText(record));
}

/** The last offset of every key from the slice's beginning to the log's end. */
async function readLastOffsets(
  slice: readonly LogRange[],
  ends: ReadonlyMap<number, number>,
  folder: string,
  { logReader, onProgress }: SliceDependencies,
): Promise<KeyFile> {
  const sorter = new Sorter({ folder, name: 'records' });
  const ranges = slice.filter(({ from, to }) => from < to).map((range) => ({ ...range, to: ends.get(range.partition) ?? range.to }));
  const total = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  let done = 0;
  for await (const records of readLog(ranges, logReader)) {
    for (const record of records) {
      const place = Buffer.allocUnsafe(8);
      place.writeBigUInt64BE(BigInt(record.offset));
      if (!isKeyless(record)) sorter.add(Buffer.concat([nameOf(record), place]), Buffer.alloc(0));
    }
    onProgress('keys', (done += records.length), total);
  }
  const path = join(folder, 'keys');
  const writer = new KeyFileWriter(path);
  let last: Buffer | undefined;
  const write = (): void => {
    if (last !== undefined) writer.write(last, { offset: Number(last.readBigUInt64BE(last.length - 8)), contributes: true });
  };
  for (const { key } of sorter.sorted()) {
    if (last !== undefined && last.compare(key, 0, key.length - 8, 0, last.length - 8) !== 0) write();
    last = Buffer.from(key);
  }
  write();
  writer.close();
  return new KeyFile(path);
}

async function foldRecords(
  records: readonly RawRecord[],
  projection: ProjectionKit,
  counts: SliceCounts,
  { kit, parking }: SliceDependencies,
): Promise<void> {
  const buffer = new OperationBuffer<RawRecord>();
  const retractions: Retraction[] = [];
  for (const record of records) {
    const judgement = await judgeNow(projection, record);
    const { writes, refusals, skips } = judgement.kind === 'folded' ? judgement.result : { writes: [], refusals: [], skips: [] };
    for (const write of writes) buffer.add(write, record, record.value?.length ?? 0);
    if (refusals.length > 0) {
      const reason = refusals.map((refusal) => refusal.reason).join('; ');
      await parking.park([letterOf(record, refusals[0]!.class, reason, refusals, projection.letterContext())]);
      counts.refused += refusals.length;
    } else if (writes.length === 0) counts.nothing++;
    // A status without results asks the binary projection for nothing, and never did: it has no key to look for.
    const short = judgement.kind === 'tombstone' || refusals.length > 0 || skips.length > 0;
    if (short && !isKeyless(record)) {
      const { topic, partition, offset } = record;
      const keeps: Parameters<typeof retractRecord>[0]['keeps'] = (contribution) =>
        writes.some((write) => sameIdentity(write.contribution, contribution) && contribution.offset === offset);
      retractions.push(retractRecord({ topic, partition, recordKey: keyText(record), offset, keeps }));
    }
  }
  await submit(buffer, projection, counts, kit);
  const { changed, deleted } = await projection.removal.retract(retractions);
  counts.retracted += changed + deleted;
}

async function submit(
  buffer: OperationBuffer<RawRecord>,
  { removal, refuse, parentOf }: ProjectionKit,
  counts: SliceCounts,
  { sink }: ReplayKit,
): Promise<void> {
  const { operations, release } = buffer.take();
  const { rejections, owed } = await sink.submit(operations);
  if (owed.length > 0) await removal.settleOwed(owed);
  if (rejections.length > 0) await refuse(rejections);
  counts.refused += rejections.length;
  const durable = durableOf(operations, rejections);
  counts.documents += durable.length;
  await sink.submit(parentsOf(durable, parentOf));
  release();
}
