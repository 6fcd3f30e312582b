/** What a removal has done, and which parents it has to judge. */
import type { RawRecord } from '../../streams/consumer.js';
import { documentKey, type GuardedOperation } from '../sinks/operations.js';
import type { PassedReason, Vacancy } from './next-winner.js';
import { parentName, type ParentName } from './parents.js';

/**
 * Why contributions went that nothing retracts: `compacted`, `retention`: their record is gone; `bound`: a document went whose list had been
 * cut, so that there may have been more; `overruled`: their record makes them no longer (deleted, expired, refused).
 */
export type DropReason = PassedReason | 'bound';

export interface RemovalResult {
  /** Documents that stay, with fewer contributions or another body. */
  readonly changed: number;
  readonly deleted: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
  readonly parentsRemoved: number;
}

export class RemovalTally {
  private changed = 0;
  private deleted = 0;
  private readonly dropped: Record<DropReason, number> = { compacted: 0, retention: 0, bound: 0, overruled: 0 };
  private readonly goneParents = new Set<string>();
  private touched = new Map<string, ParentName>();
  /** Of documents that went: each a JSON list of an index and sha256s, as flat text, because there may be many. */
  private readonly bereaved: string[] = [];

  constructor(private readonly onDropped: (reason: DropReason) => void = () => undefined) {}

  /** Writes are about to be sent: whatever comes of them, their parents are to be judged. */
  touch(operations: readonly GuardedOperation<RawRecord>[]): void {
    const byIndex = new Map<string, string[]>();
    for (const operation of operations) {
      const parent = parentName(operation);
      if (!parent) continue;
      this.touched.set(documentKey(parent), parent);
      if (operation.kind !== 'delete') continue;
      const list = byIndex.get(parent.index);
      if (list) list.push(parent.id);
      else byIndex.set(parent.index, [parent.id]);
    }
    for (const [index, ids] of byIndex) this.bereaved.push(JSON.stringify([index, ...ids]));
  }

  done(kind: GuardedOperation<RawRecord>['kind'], { document, passed }: Vacancy): void {
    if (kind === 'delete') this.deleted++;
    else this.changed++;
    for (const reason of passed) this.drop(reason);
    if (kind === 'delete' && document.truncated) this.drop('bound');
  }

  removedParents(parents: readonly ParentName[]): void {
    for (const parent of parents) this.goneParents.add(documentKey(parent));
  }

  restoredParents(parents: readonly ParentName[]): void {
    for (const parent of parents) this.goneParents.delete(documentKey(parent));
  }

  get parentsToJudge(): number {
    return this.touched.size;
  }

  /** All parents touched since the last call. */
  takeParents(): ParentName[] {
    const parents = [...this.touched.values()];
    this.touched = new Map();
    return parents;
  }

  /** Parents of documents that went, for `parentsFrom`. */
  get bereavedParents(): readonly string[] {
    return this.bereaved;
  }

  result(): RemovalResult {
    return { changed: this.changed, deleted: this.deleted, dropped: { ...this.dropped }, parentsRemoved: this.goneParents.size };
  }

  private drop(reason: DropReason): void {
    this.dropped[reason]++;
    this.onDropped(reason);
  }
}

/** Parents as a tally keeps them. */
export function parentsFrom(text: string): ParentName[] {
  const [index, ...ids] = JSON.parse(text) as [string, ...string[]];
  return ids.map((id) => ({ index, id, routing: id }));
}

/** The sum of several results. */
export function sumResults(results: readonly RemovalResult[]): RemovalResult {
  const sum = { changed: 0, deleted: 0, dropped: { compacted: 0, retention: 0, bound: 0, overruled: 0 }, parentsRemoved: 0 };
  for (const { changed, deleted, dropped, parentsRemoved } of results) {
    sum.changed += changed;
    sum.deleted += deleted;
    for (const reason of Object.keys(dropped) as DropReason[]) sum.dropped[reason] += dropped[reason];
    sum.parentsRemoved += parentsRemoved;
  }
  return sum;
}
