/**
 * What the log makes of every document: all records up to an end, of each key in a partition the last one, as compaction would leave them.
 * Two sorts: by key, to find the last records; then, by the caller, by document.
 */
import { join } from 'node:path';
import type { Claim, DocumentWrite } from '../../projections/types.js';
import type { RawRecord } from '../../streams/consumer.js';
import type { PartitionLag } from '../../streams/group-lag.js';
import { readLog, type LogReaderOptions } from '../../streams/log-reader.js';
import { canonicalBody, digestOf } from './canonical.js';
import { longClaim, shortClaim, type ShortClaim } from './claim-text.js';
import type { Family } from './family.js';
import { KeyFile, KeyFileWriter, keyName } from './key-file.js';
import { Sorter } from './sorter.js';
import type { DocumentAddress } from './stored.js';
import type { LogContribution } from './verdict.js';

export interface LogPassOptions {
  readonly family: Family;
  readonly bounds: readonly PartitionLag[];
  readonly log: LogReaderOptions;
  readonly folder: string;
  /** Whether a document is looked at. */
  readonly sampled: (document: DocumentAddress) => boolean;
  /** Whether OpenSearch has refused a document of the record. */
  readonly refused: (record: RawRecord) => boolean;
  readonly take: (document: DocumentAddress, contribution: LogContribution) => void;
  readonly onProgress: (stage: string, done: number, total: number) => void;
}

/** Index, id, routing (0: none), digest, claim, whether it is required. */
type SpooledWrite = readonly [string, string, string | 0, string, ShortClaim, 0 | 1];

/** A write as a contribution to its document. */
export function contributionOf(write: DocumentWrite, required: boolean): LogContribution {
  return { claim: write.contribution, digest: digestOf(canonicalBody(write.body)), required };
}

/** Calls `take` for every contribution that counts; answers with the last records of all keys. */
export async function passLog(options: LogPassOptions): Promise<LastRecords> {
  const topics = new TopicNumbers(options.bounds);
  const sorter = await readRecords(topics, options);
  const path = join(options.folder, 'keys');
  const keys = new KeyFileWriter(path);
  let last: { readonly name: Buffer; readonly offset: number; readonly value: Buffer } | undefined;
  const passOn = (): void => {
    if (last === undefined) return;
    const writes = JSON.parse(last.value.toString()) as { readonly any: 0 | 1; readonly list: readonly SpooledWrite[] };
    keys.write(last.name, { offset: last.offset, contributes: writes.any === 1 });
    for (const [index, id, routing, digest, claim, required] of writes.list) {
      options.take(
        { index, id, routing: routing === 0 ? undefined : routing },
        { claim: longClaim(claim), digest, required: required === 1 },
      );
    }
  };
  for (const { key, value } of sorter.sorted()) {
    const name = key.subarray(0, key.length - 8);
    if (last !== undefined && !last.name.equals(name)) passOn();
    last = { name: Buffer.from(name), offset: Number(key.readBigUInt64BE(name.length)), value: Buffer.from(value) };
  }
  passOn();
  keys.close();
  return new LastRecords(topics, new KeyFile(path));
}

async function readRecords(topics: TopicNumbers, options: LogPassOptions): Promise<Sorter> {
  const { family, bounds, folder, sampled, refused, onProgress } = options;
  const sorter = new Sorter({ folder, name: 'records' });
  const ranges = bounds.map(({ topic, partition, low, high }) => ({ topic, partition, from: low, to: high }));
  const total = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  let done = 0;
  for await (const records of readLog(ranges, options.log)) {
    for (const record of records) {
      const writes = await family.writesOf(record);
      const required = writes.length === 0 || refused(record) ? 0 : 1;
      const list = writes.filter(sampled).map((write) => spooled(write, required));
      sorter.add(recordName(topics, record), Buffer.from(JSON.stringify({ any: writes.length > 0 ? 1 : 0, list })));
    }
    done += records.length;
    onProgress(`log of ${family.docname}`, done, total);
  }
  return sorter;
}

function spooled(write: DocumentWrite, required: 0 | 1): SpooledWrite {
  const { index, id, routing, body, contribution } = write;
  return [index, id, routing ?? 0, digestOf(canonicalBody(body)), shortClaim(contribution), required];
}

/** Key and offset: the last record of a key comes last. Records without a key replace nothing. */
function recordName(topics: TopicNumbers, { topic, partition, offset, key }: RawRecord): Buffer {
  const keyless = key === null || key === undefined || key.length === 0;
  const place = Buffer.allocUnsafe(8);
  place.writeBigUInt64BE(BigInt(offset));
  return Buffer.concat([keyName(topics.of(topic)!, partition, keyless ? `\0${offset}` : key.toString()), place]);
}

class TopicNumbers {
  private readonly numbers: ReadonlyMap<string, number>;

  constructor(bounds: readonly PartitionLag[]) {
    this.numbers = new Map([...new Set(bounds.map(({ topic }) => topic))].sort().map((topic, at) => [topic, at]));
  }

  of(topic: string): number | undefined {
    return this.numbers.get(topic);
  }
}

export class LastRecords {
  constructor(
    private readonly topics: TopicNumbers,
    private readonly keys: KeyFile,
  ) {}

  /** Whether the log has a later record of the contribution's key: `other`: which makes something, `nothing`: which does not. */
  successorOf({ topic, partition, recordKey, offset }: Claim): 'other' | 'nothing' | undefined {
    const number = this.topics.of(topic);
    if (number === undefined || recordKey === '') return undefined;
    const last = this.keys.find(keyName(number, partition, recordKey));
    if (last === undefined || last.offset <= offset) return undefined;
    return last.contributes ? 'other' : 'nothing';
  }

  close(): void {
    this.keys.close();
  }
}
