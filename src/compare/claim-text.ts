/** Claims as short lists, for what is spooled to disk by the million. */
import type { Claim } from '../../projections/types.js';

/** Topic, partition, offset, record key, event key (0: the same), time, record time (0: the same), insert keys and offsets when there are some. */
export type ShortClaim = readonly [string, number, number, string, string | 0, string, string | 0, ...ShortInserts];
type ShortInserts = readonly [] | readonly [readonly string[], readonly number[]];

export function shortClaim(c: Claim): ShortClaim {
  return [
    c.topic,
    c.partition,
    c.offset,
    c.recordKey,
    c.eventKey === c.recordKey ? 0 : c.eventKey,
    c.timestamp.toString(),
    c.recordTimestamp === c.timestamp ? 0 : c.recordTimestamp.toString(),
    ...(c.insertKeys.length === 0 ? ([] as const) : ([c.insertKeys, c.insertOffsets] as const)),
  ];
}

/** Inverse of `shortClaim`, but for source name and time, which no comparison needs. */
export function longClaim(short: ShortClaim): Claim {
  const [topic, partition, offset, recordKey, eventKey, timestamp, recordTimestamp, insertKeys = [], insertOffsets = []] = short;
  return {
    ...{ topic, partition, offset, recordKey, insertKeys, insertOffsets },
    eventKey: eventKey === 0 ? recordKey : eventKey,
    timestamp: BigInt(timestamp),
    recordTimestamp: BigInt(recordTimestamp === 0 ? timestamp : recordTimestamp),
    source: undefined,
    sourceTimestamp: undefined,
  };
}
