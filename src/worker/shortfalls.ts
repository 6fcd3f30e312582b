/**
 * Records that make less than earlier ones of their key may have made: tombstones, what is undecodable, refused, expired or deleted. Before a
 * commit, what they no longer make is looked for and removed (spec 00 "Before a commit", step 4).
 */
import type { Claim } from '../../projections/types.js';
import { keyText, type RawRecord } from '../../streams/consumer.js';
import type { ReplacingRecord } from '../dead-letters/replaced.js';
import { retractRecord, type Retraction } from '../removal/retraction.js';

interface Shortfall extends ReplacingRecord {
  readonly retraction: Retraction;
}

export class Shortfalls {
  /** By topic, partition and key: of several records of a key in one epoch the last one counts. */
  private records = new Map<string, Shortfall>();

  /** `made`: what the record does make. `madeLater`: whether it makes a claim since, of which inserts decide that come later. */
  add(record: RawRecord, made: readonly Claim[], madeLater: (claim: Claim) => boolean = () => false): void {
    const { topic, partition, offset } = record;
    const recordKey = keyText(record);
    const name = `${topic}/${partition}/${recordKey}`;
    const known = this.records.get(name);
    if (known !== undefined && known.offset > offset) return;
    const kept = new Set(made.map(claimKey));
    const keeps = (claim: Claim): boolean => claim.offset === offset && (kept.has(claimKey(claim)) || madeLater(claim));
    this.set(name, { topic, partition, recordKey, offset }, keeps);
  }

  /** For a record of which OpenSearch refused something: it replaces earlier ones all the same. */
  addRefused(record: RawRecord): void {
    const { topic, partition, offset } = record;
    const recordKey = keyText(record);
    const name = `${topic}/${partition}/${recordKey}`;
    const known = this.records.get(name);
    if (known !== undefined && known.offset >= offset) return;
    const keeps = (claim: Claim): boolean => claim.offset === offset;
    this.set(name, { topic, partition, recordKey, offset }, keeps);
  }

  private set(name: string, record: ReplacingRecord, keeps: (claim: Claim) => boolean): void {
    this.records.set(name, { ...record, retraction: retractRecord({ ...record, keeps }) });
  }

  /** Empties the list. */
  take(): { readonly records: readonly ReplacingRecord[]; readonly retractions: readonly Retraction[] } {
    const records = [...this.records.values()];
    this.records = new Map();
    return { records, retractions: records.map(({ retraction }) => retraction) };
  }

  get size(): number {
    return this.records.size;
  }
}

/** What tells the claims of one record apart, versions of the inserts included. */
function claimKey({ eventKey, insertKeys, insertOffsets }: Claim): string {
  return JSON.stringify([eventKey, insertKeys, insertOffsets]);
}
