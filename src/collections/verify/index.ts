/** Compares the keys of a collection with what the log makes of them (spec 07 §9 "verify"). Writes nothing; workers may go on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { collectionKey } from '../../../projections/collections/key.js';
import type { Collection, CollectionRow } from '../../../projections/collections/types.js';
import { compareRows, expiryOf, parseValue } from '../../../projections/collections/value.js';
import type { Catalogue } from '../log/catalogue.js';
import type { DeletesLog } from '../log/deletes.js';
import { inPasses } from '../log/greatest-rows.js';
import { openRefold, type Refold, type RefoldSource } from '../log/refold.js';
import { NO_KEY, type Checkpoint, type KeyStore, type Task, type TaskStore } from '../types.js';
import { groupedBounds, plainBounds, watermarksOf, type Bounds, type Watermarks } from './bounds.js';
import { standingOf, type Standing } from './standing.js';
import { Tally, type Difference, type DifferenceKind } from './tally.js';

export type { Difference } from './tally.js';

export interface Verification {
  /** Keys that the log makes. */
  readonly keys: number;
  readonly missing: number;
  readonly extra: number;
  readonly different: number;
  /** The first of them, by key. */
  readonly differences: readonly Difference[];
  /** Records that the task had not folded for certain when it was looked at. */
  readonly behind: number;
  /** Deletes are not taken back yet: a rebuild is due. */
  readonly rebuildPending: boolean;
}

export interface VerifyDependencies {
  readonly source: RefoldSource & { readonly catalogue: Catalogue };
  readonly tasks: Pick<TaskStore, 'get' | 'catchUp'>;
  readonly store: KeyStore;
  readonly deletes: DeletesLog;
  readonly signal: AbortSignal;
  /** So many differences are listed. */
  readonly limit: number;
  readonly onProgress: (looked: number) => void;
}

/** What differs is looked at again after a pause: the fold may have been on its way. */
const LOOKS = 3;
const PAUSE_MS = 2_000;
/** The server's clock may differ from ours: what expires so soon is nobody's business. */
const DYING_MS = 2_000;
const CHUNK = 5_000;

/** What is known of the fold before anything is looked at. */
interface Basis {
  readonly task: Task;
  readonly checkpoints: readonly (Checkpoint | undefined)[];
}

interface Look extends Basis {
  readonly standing: Standing;
  readonly refold: Refold;
}

/** Rejects when Kafka or Redis is away, with GroupFault when windows hold more than they may. */
export async function verifyCollection(id: string, collection: Collection, dependencies: VerifyDependencies): Promise<Verification> {
  return new Verifier(id, collection, dependencies).run();
}

class Verifier {
  private readonly tally: Tally;
  private keys = 0;

  constructor(
    private readonly id: string,
    private readonly collection: Collection,
    private readonly deps: VerifyDependencies,
  ) {
    this.tally = new Tally(deps.limit);
  }

  async run(): Promise<Verification> {
    const first = await this.look(await this.basis());
    await inPasses(async (inPass) => {
      const bounds = await this.bounds(first, inPass);
      if (bounds === undefined) return false;
      this.keys += bounds.most.size;
      this.tally.add(await this.confirm(await this.compareAll(bounds, inPass, first.task)));
      return true;
    });
    const { between, deletes } = first.standing;
    return {
      keys: this.keys,
      ...this.tally.counts,
      differences: this.tally.differences,
      behind: between,
      rebuildPending: this.collection.query.table.model === 'binary' && deletes !== undefined && deletes < this.deps.deletes.next,
    };
  }

  private async basis(): Promise<Basis> {
    const { store, tasks } = this.deps;
    await tasks.catchUp();
    const task = tasks.get(this.id);
    if (task === undefined) throw new Error(`collection ${this.id} was forgotten meanwhile`);
    return { task, checkpoints: await store.checkpoints(this.collection.redisKeyBase) };
  }

  /** Opens the log up to its ends as they are now. */
  private async look(basis: Basis): Promise<Look> {
    const { source, deletes, signal } = this.deps;
    const { collection } = this;
    await deletes.load();
    await source.catalogue.look();
    const standing = standingOf(basis.task, collection, basis.checkpoints, source.catalogue, source.kafka.topicPrefix);
    const { table } = await deletes.fresh();
    const { record } = basis.task;
    const refold = await openRefold({
      source,
      record,
      collection,
      deletes: table,
      upTo: standing.upTo,
      tombstonesUpTo: standing.ends,
      signal,
    });
    return { ...basis, standing, refold };
  }

  private bounds({ task, standing, refold }: Look, wanted: (hash: string) => boolean): Promise<Bounds | undefined> {
    const { collection } = this;
    const { settings, now } = this.deps.source;
    if (collection.query.body.kind === 'plain') return plainBounds(refold, collection, standing, wanted, now);
    const watermarks = (newest: number): Watermarks =>
      watermarksOf(task, newest, { now: now(), maxOutOfOrderMs: settings.maxOutOfOrderMs });
    return groupedBounds(refold, collection, standing, watermarks, settings, now);
  }

  /** Everything that is stored, and what ought to be. */
  private async compareAll(bounds: Bounds, inPass: (hash: string) => boolean, task: Task): Promise<Difference[]> {
    const { redisKeyBase: base } = this.collection;
    const differences: Difference[] = [];
    const seen = new Set<string>();
    let looked = 0;
    for await (const page of this.deps.store.scan(base)) {
      const hashes = page.map((key) => key.slice(base.length + 1)).filter((hash) => inPass(hash) && !seen.has(hash));
      for (const hash of hashes) seen.add(hash);
      differences.push(...(await this.compare(hashes, bounds, task)));
      this.deps.onProgress((looked += hashes.length));
    }
    const absent = [...bounds.least.keys()].filter((hash) => inPass(hash) && !seen.has(hash));
    for (let from = 0; from < absent.length; from += CHUNK) {
      differences.push(...(await this.compare(absent.slice(from, from + CHUNK), bounds, task)));
    }
    return differences;
  }

  /** What still differs in the same way a little later. */
  private async confirm(differences: readonly Difference[]): Promise<readonly Difference[]> {
    let open = differences;
    for (let look = 1; look < LOOKS && open.length > 0; look++) {
      const before = new Map(open.map((one) => [one.key, one]));
      const hashes = open.map(({ key }) => key.slice(this.collection.redisKeyBase.length + 1));
      const wanted = new Set(hashes);
      const basis = await this.basis();
      await sleep(PAUSE_MS, undefined, { signal: this.deps.signal });
      // What is known to be folded before the values, the ends of the log behind them: so the values lie between the two.
      const values = await this.stored(hashes);
      const bounds = await this.bounds(await this.look(basis), (hash) => wanted.has(hash));
      if (bounds === undefined) break;
      open = this.judge(hashes, values, bounds, basis.task).filter(({ key, stored }) => before.get(key)!.stored === stored);
    }
    return open;
  }

  private async compare(hashes: readonly string[], bounds: Bounds, task: Task): Promise<Difference[]> {
    return this.judge(hashes, await this.stored(hashes), bounds, task);
  }

  private async stored(hashes: readonly string[]): Promise<readonly Stored[]> {
    const keys = hashes.map((hash) => collectionKey(this.collection.redisKeyBase, hash));
    const { store } = this.deps;
    const found: Stored[] = [];
    for (let from = 0; from < keys.length; from += CHUNK) {
      const part = keys.slice(from, from + CHUNK);
      const [values, expiries] = await Promise.all([store.get(part), store.expiries(part)]);
      part.forEach((_, at) => found.push({ value: values[at] ?? null, expiry: expiries[at]! }));
    }
    return found;
  }

  private judge(hashes: readonly string[], stored: readonly Stored[], bounds: Bounds, { record }: Task): Difference[] {
    const { redisKeyBase: base, expireIn } = this.collection;
    const alive = this.deps.source.now() + DYING_MS;
    const lives = ({ eventdate }: Pick<CollectionRow, 'eventdate'>): boolean => expiryOf(eventdate, expireIn) > alive;
    // A task with a limit has not all rows that the log gives.
    const isLimited = record.limit !== null;
    return hashes.flatMap((hash, at): Difference[] => {
      const { value, expiry } = stored[at]!;
      const [least, most] = [bounds.least.get(hash), bounds.most.get(hash)];
      const kind = kindOf(value, expiry);
      return kind === undefined
        ? []
        : [{ key: collectionKey(base, hash), kind, stored: value, expiry, expected: (most ?? least)?.value ?? null }];

      function kindOf(text: string | null, pxat: number): DifferenceKind | undefined {
        if (text === null) return least !== undefined && !isLimited && lives(least) ? 'missing' : undefined;
        const row = parseValue(text);
        if (row === undefined) return most === undefined ? 'extra' : 'different';
        // Gone between the two questions.
        if (pxat === NO_KEY) return undefined;
        const isRight = pxat === expiryOf(row.eventdate, expireIn);
        if (isRight && !lives(row)) return undefined;
        if (most === undefined) return 'extra';
        // What is stored in hash-only mode does not tell its number of events.
        const order = (bound: CollectionRow): number => (bound.value === text ? 0 : compareRows({ ...row, value: text }, bound));
        const tooSmall = least !== undefined && !isLimited && order(least) < 0;
        return !isRight || tooSmall || order(most) > 0 ? 'different' : undefined;
      }
    });
  }
}

interface Stored {
  readonly value: string | null;
  readonly expiry: number;
}
