import { keyText, type RawRecord } from '../../streams/consumer.js';

/** A log as compaction would leave it: the last record of each key and partition, tombstones included, and those that they replaced. */
export function latestRecords(records: readonly RawRecord[]): { readonly latest: RawRecord[]; readonly replaced: RawRecord[] } {
  const latest = new Map<string, RawRecord>();
  const replaced: RawRecord[] = [];
  for (const record of records) {
    const name = `${record.topic}/${record.partition}/${keyText(record)}`;
    const before = latest.get(name);
    if (before) replaced.push(before);
    // At the end again: in the order of what stands.
    latest.delete(name);
    latest.set(name, record);
  }
  return { latest: [...latest.values()], replaced };
}
