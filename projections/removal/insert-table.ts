/** All live insert events by the hash under which they register (spec 01 §10.2). */
import type { InsertEvent } from '../../schemas/events.js';
import { ownText } from '../own-text.js';

export interface InsertEntry {
  /** Key of its record: a later record of this key replaces it, a tombstone removes it. */
  readonly key: string;
  readonly offset: number;
  /** A valid one (`validateEvent`). It is kept whole, so it keeps its record's text alive, which is not much more than itself. */
  readonly event: InsertEvent;
}

const NONE: readonly never[] = [];

export class InsertTable {
  private readonly byKey = new Map<string, InsertEntry>();
  private readonly byParent = new Map<string, readonly InsertEntry[]>();

  get entries(): number {
    return this.byKey.size;
  }

  get(key: string): InsertEntry | undefined {
    return this.byKey.get(key);
  }

  /**
   * Registers an insert, and returns the one of its key that it replaced. One that is not later than what is known changes
   * nothing, so a record may come twice and in any order.
   */
  set(entry: InsertEntry): { readonly replaced: InsertEntry | undefined } {
    const known = this.byKey.get(entry.key);
    if (known !== undefined && known.offset >= entry.offset) return { replaced: undefined };
    if (known !== undefined) this.unregister(known);
    this.byKey.set(entry.key, entry);
    const parent = entry.event.entity.parent_sha256;
    this.byParent.set(ownText(parent), [...this.of(parent), entry]);
    return { replaced: known };
  }

  /** Removes the insert of a key: its record was followed by a tombstone, or by one that is no valid insert. Returns what was removed. */
  delete(key: string): InsertEntry | undefined {
    const known = this.byKey.get(key);
    if (known === undefined) return undefined;
    this.byKey.delete(key);
    this.unregister(known);
    return known;
  }

  /** The inserts for a binary, in no particular order; `parentSha256` as the event has it (upper and lower case differ). */
  of(parentSha256: string): readonly InsertEntry[] {
    return this.byParent.get(parentSha256) ?? NONE;
  }

  private unregister(entry: InsertEntry): void {
    const parent = entry.event.entity.parent_sha256;
    const rest = this.of(parent).filter((other) => other !== entry);
    if (rest.length === 0) this.byParent.delete(parent);
    else this.byParent.set(parent, rest);
  }
}
