import { keyText, type RawRecord } from '../../streams/consumer.js';

/** A log as compaction would leave it: the last record of each key and partition, tombstones included, and those that they replaced. */
export function latestRecords(records: readonly RawRecord[]): { readonly latest: RawRecord[]; readonly replaced: RawRecord[] } {
  const partitions = new Map<string, Map<string, RawRecord>>();
  const replaced: RawRecord[] = [];
  for (const record of records) {
    const name = `${record.topic}/${record.partition}`;
    let latest = partitions.get(name);
    if (latest === undefined) partitions.set(name, (latest = new Map<string, RawRecord>()));
    const key = keyText(record);
    const before = latest.get(key);
    if (before !== undefined) {
      replaced.push(before);
      // At the end again: in the order of what stands.
      latest.delete(key);
    }
    latest.set(key, record);
  }
  return { latest: [...partitions.values()].flatMap((latest) => [...latest.values()]), replaced };
}
