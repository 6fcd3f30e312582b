/** The checkpoint of a task beside its keys: where its fold goes on, and how it is noticed that Redis lost data (spec 07 §8 "Loss of Redis data"). */
import type { TopicPartitionOffset } from '../../../streams/offsets.js';
import type { Checkpoint, Guard, KeyStore } from '../types.js';

export interface FoundCheckpoint {
  /** The lowest that any checkpoint key has; partitions that one of them lacks are not in it. */
  readonly offsets: ReadonlyMap<string, number>;
  readonly deletes: number;
}

export class CheckpointKeeper {
  private seq = 0;
  private last: Checkpoint | undefined;

  constructor(
    private readonly store: Pick<KeyStore, 'checkpoints' | 'resetCheckpoint' | 'advanceCheckpoint'>,
    private readonly redisKeyBase: string,
    private readonly id: string,
    private readonly guard: Guard,
  ) {}

  /** Next offset of `system.delete` that the keys do not know yet, as it was last written. */
  get deletes(): number {
    return this.last?.deletes ?? 0;
  }

  get offsets(): Readonly<Record<string, number>> {
    return this.last?.offsets ?? {};
  }

  /** Where to go on; undefined when there is no checkpoint, or not everywhere: data is missing. Brings what differs to one again. */
  async load(): Promise<FoundCheckpoint | undefined> {
    const own = wholeCheckpoint(await this.store.checkpoints(this.redisKeyBase), this.id);
    if (own === undefined) return undefined;
    const lowest = lowestOf(own);
    this.seq = Math.max(...own.map(({ seq }) => seq));
    // A worker that died between the nodes of a cluster leaves them different.
    if (own.some(({ seq }) => seq !== this.seq)) await this.reset(lowest.offsets, lowest.deletes);
    else this.last = { ...lowest, id: this.id, seq: this.seq };
    return foundOf(own);
  }

  /** Begins anew from these offsets, whatever is stored. */
  async begin(offsets: readonly TopicPartitionOffset[], deletes: number): Promise<void> {
    await this.reset(recordOf(offsets), deletes);
  }

  /** False when the stored one is not the last that was written: data was lost. Nothing is written when nothing moved. */
  async advance(offsets: readonly TopicPartitionOffset[], deletes: number): Promise<boolean> {
    const next = recordOf(offsets);
    if (this.last?.deletes === deletes && sameOffsets(this.last.offsets, next)) return true;
    const checkpoint = { id: this.id, seq: this.seq + 1, offsets: next, deletes };
    if (!(await this.store.advanceCheckpoint(this.redisKeyBase, checkpoint, this.seq, this.guard))) return false;
    this.seq = checkpoint.seq;
    this.last = checkpoint;
    return true;
  }

  /** Whether Redis still has what was last acknowledged. */
  async isWhole(): Promise<boolean> {
    const { seq } = this;
    const found = await this.store.checkpoints(this.redisKeyBase);
    return found.length > 0 && found.every((one) => one?.id === this.id && one.seq >= seq);
  }

  private async reset(offsets: Readonly<Record<string, number>>, deletes: number): Promise<void> {
    const checkpoint = { id: this.id, seq: this.seq + 1, offsets, deletes };
    await this.store.resetCheckpoint(this.redisKeyBase, checkpoint, this.guard);
    this.seq = checkpoint.seq;
    this.last = checkpoint;
  }
}

/** What the checkpoint keys of a task say; undefined when there is no checkpoint, or not everywhere: data is missing. */
export function findCheckpoint(checkpoints: readonly (Checkpoint | undefined)[], id: string): FoundCheckpoint | undefined {
  const own = wholeCheckpoint(checkpoints, id);
  return own && foundOf(own);
}

function wholeCheckpoint(checkpoints: readonly (Checkpoint | undefined)[], id: string): readonly Checkpoint[] | undefined {
  return checkpoints.length > 0 && checkpoints.every((one) => one?.id === id) ? (checkpoints as readonly Checkpoint[]) : undefined;
}

function foundOf(own: readonly Checkpoint[]): FoundCheckpoint {
  const { offsets, deletes } = lowestOf(own);
  return { offsets: new Map(Object.entries(offsets)), deletes };
}

function lowestOf(checkpoints: readonly Checkpoint[]): Pick<Checkpoint, 'offsets' | 'deletes'> {
  const offsets: Record<string, number> = {};
  for (const [partition, offset] of Object.entries(checkpoints[0]!.offsets)) {
    const all = checkpoints.map((one) => one.offsets[partition]);
    if (all.every((one) => one !== undefined)) offsets[partition] = Math.min(offset, ...all);
  }
  return { offsets, deletes: Math.min(...checkpoints.map(({ deletes }) => deletes)) };
}

function recordOf(offsets: readonly TopicPartitionOffset[]): Record<string, number> {
  return Object.fromEntries(offsets.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
}

function sameOffsets(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean {
  const keys = Object.keys(b);
  return keys.length === Object.keys(a).length && keys.every((key) => a[key] === b[key]);
}
