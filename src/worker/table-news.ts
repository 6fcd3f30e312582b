/**
 * What comes to the delete and insert tables while a projection is folded: taken in between two records, then made true of all that was folded
 * before, in the order of arrival (spec 00 "Deletes", "Inserts").
 */
import type { Logger } from 'pino';
import { covers } from '../../projections/removal/delete-target.js';
import type { InsertEntry } from '../../projections/removal/insert-table.js';
import type { Claim } from '../../projections/types.js';
import type { TopicPartitionOffset } from '../../streams/offsets.js';
import type { Removal } from '../removal/removal.js';
import { retractInsert, retractTokens, type Retraction } from '../removal/retraction.js';
import type { Patience } from '../removal/patience.js';
import type { Applied, RefusedEntry, TableChanges, TableTail } from '../tables/table-tail.js';

export interface TableNewsDependencies {
  readonly tail: TableTail;
  /** How far the group has applied the tables, read when it is asked for. */
  readonly applied: () => Promise<Applied>;
  readonly removal: Pick<Removal, 'retract'>;
  /** Makes what was written visible to searches. */
  readonly refresh: () => Promise<void>;
  /** Adds the children of parents that were folded before; resolves when they are durable. */
  readonly refold: (inserts: readonly InsertEntry[]) => Promise<void>;
  /** Makes dead letters; resolves when they are durable. */
  readonly refuse: (entries: readonly RefusedEntry[]) => Promise<void>;
  readonly patience: Patience;
  readonly onEntries: (tail: TableTail) => void;
  readonly log: Logger;
}

/** What a commit may say of the tables. */
export interface TablePosition {
  /** Next offsets of the tables' topics, all before them being applied. */
  readonly offsets: readonly TopicPartitionOffset[];
  readonly mark: number;
}

export class TableNews {
  /** Ends with the mark of what it applied. */
  private turn: Promise<number> = Promise.resolve(0);
  /** Counts what was applied, and how much of it is committed. */
  private applied = 0;
  private committedMark = 0;

  constructor(private readonly deps: TableNewsDependencies) {}

  /** Loads the tables, and applies what came while nobody did. Before the first record is folded. */
  async start(): Promise<void> {
    const { tail, applied, patience, onEntries } = this.deps;
    const known = await patience('reading the applied position', applied, () => true);
    const changes = await patience('loading the tables', () => tail.start(known), () => true); // prettier-ignore
    onEntries(tail);
    this.turn = Promise.resolve(await this.apply(changes, []));
  }

  get waiting(): boolean {
    return this.deps.tail.hasNews;
  }

  /** Whether there is nothing left to apply or to commit. */
  get isQuiet(): boolean {
    return !this.waiting && this.committedMark === this.applied;
  }

  /** Grows with everything that is applied. */
  get mark(): number {
    return this.applied;
  }

  committed({ mark }: TablePosition): void {
    this.committedMark = mark;
  }

  /** See `TableTail.wasChanged`. */
  wasChanged(parentSha256: string): boolean {
    return this.deps.tail.wasChanged(parentSha256);
  }

  /**
   * Tells of claims, from now on, whether inserts that came after this call have derived them: what they derive from a record was not known when
   * the record was folded.
   */
  derivedLater(): (claim: Claim) => boolean {
    const { tail } = this.deps;
    const { arrived } = tail;
    return ({ insertKeys, insertOffsets }) =>
      tail.arrived > arrived &&
      insertKeys.every((key, at) => tail.stands(key, insertOffsets[at]!)) &&
      insertKeys.some((key, at) => tail.stands(key, insertOffsets[at]!, arrived));
  }

  /** Resolves when what the topics hold at the time of the call waits to be taken. Outages are waited for. */
  async catchUp(): Promise<void> {
    await this.deps.patience('reading the tables', () => this.deps.tail.catchUp(), () => true); // prettier-ignore
  }

  /**
   * Takes in what waits, and resolves when documents agree with it and with all that was taken before. `inFlight` is called once it is in the tables:
   * it hands over what was folded before, and names what has to become durable.
   */
  async take(inFlight: () => readonly Promise<unknown>[]): Promise<TablePosition> {
    const { tail, onEntries } = this.deps;
    if (this.waiting) {
      const taken = tail.apply().then((changes) => ({ changes, before: hasChanges(changes) ? inFlight() : [] }));
      const turn = Promise.all([taken, this.turn]).then(([{ changes, before }]) => this.apply(changes, before));
      // Those who come later wait for this one, but its failure is its caller's.
      this.turn = turn.catch(() => this.applied);
      const offsets = tail.position;
      const mark = await turn;
      onEntries(tail);
      return { offsets, mark };
    }
    const offsets = tail.position;
    return { offsets, mark: await this.turn };
  }

  /** Answers with the mark of what is applied then: others may be applied meanwhile, of which the caller's position does not tell. */
  private async apply(changes: TableChanges, before: readonly Promise<unknown>[]): Promise<number> {
    const { removal, refold, refuse, refresh, log } = this.deps;
    if (!hasChanges(changes)) return this.applied;
    const mark = ++this.applied;
    await Promise.all(before);
    const { deletes, inserts, refused } = changes;
    const result = await removal.retract(retractionsOf(changes));
    const added = inserts.flatMap(({ entry }) => entry ?? []);
    if (added.length > 0) await refold(added);
    if (refused.length > 0) await refuse(refused);
    // Whoever deletes or inserts looks at once: they are not made to wait for the next refresh.
    await refresh();
    log.info({ deletes: deletes.length, inserts: inserts.length, refused: refused.length, ...result }, 'deletes and inserts applied');
    return mark;
  }
}

function hasChanges({ deletes, inserts, refused }: TableChanges): boolean {
  return deletes.length + inserts.length + refused.length > 0;
}

function retractionsOf({ deletes, inserts }: TableChanges): Retraction[] {
  return [
    ...deletes.flatMap((target) => retractTokens(target.tokens, (contribution) => covers(target, contribution))),
    // Not more, for a tombstone either: the repetition comes when the insert may have been published anew.
    ...inserts.map(({ key, offset }) => retractInsert(key, offset)),
  ];
}
