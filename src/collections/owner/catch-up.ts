/**
 * Readings of tasks that are behind. Those that stand near each other, as after a start, a new Redis or a loss, read the log together by one
 * client and one decoding; the others each read it on their own, a bounded number at one time.
 */
import type { Pump, Reading } from './pump.js';
import type { Turns } from './turns.js';

/** A place in a reading that others may share. */
export interface Place {
  readonly pump: SharedPump;
  /** Reads no more; who leaves last closes the reading. */
  leave(): Promise<void>;
}

type SharedPump = Pick<Pump, 'attach' | 'include' | 'detach' | 'close' | 'distanceTo' | 'hasFailed'>;

interface Shared {
  readonly pump: SharedPump;
  readonly giveTurn: () => void;
  readers: number;
}

export interface CatchUpOptions {
  readonly turns: Turns;
  readonly openPump: () => SharedPump;
  /** So far apart readings may be in any case. */
  readonly nearRecords: number;
}

/** Joining may make others read again, or the task wait for, this part of what it has to read itself: reading that much twice is less than reading all beside them. */
const JOIN_SHARE = 0.5;

export class CatchUp {
  private readonly shared = new Set<Shared>();
  /** Of those that stand in line for a turn: looks whether there is one to join now. */
  private readonly looks = new Set<() => void>();

  constructor(private readonly options: CatchUpOptions) {}

  /** `lag`: records that the reading has before it. Rejects when the signal fires before it may read, or the broker does not answer. */
  async join(reading: Reading, lag: number, signal: AbortSignal): Promise<Place> {
    const shared = this.enterNear(reading, lag) ?? (await this.standInLine(reading, lag, signal));
    const place = { pump: shared.pump, leave: () => this.leave(shared, reading) };
    try {
      await shared.pump.attach(reading);
    } catch (error) {
      await place.leave();
      throw error;
    }
    for (const look of this.looks) look();
    return place;
  }

  /** Until there is a turn, or somebody near has got one. */
  private async standInLine(reading: Reading, lag: number, signal: AbortSignal): Promise<Shared> {
    const { turns, openPump } = this.options;
    const line = new AbortController();
    let found: Shared | undefined;
    let look: () => void = () => undefined;
    const joined = new Promise<void>((resolve) => {
      look = () => {
        found ??= this.enterNear(reading, lag);
        if (found !== undefined) resolve();
      };
    });
    this.looks.add(look);
    const turn = turns.take(AbortSignal.any([signal, line.signal]));
    try {
      await Promise.race([turn, joined]);
      look();
      if (found === undefined) {
        found = { pump: openPump(), giveTurn: await turn, readers: 1 };
        this.shared.add(found);
        return found;
      }
      line.abort();
      turn.then(
        (giveTurn) => giveTurn(),
        () => undefined,
      );
      return found;
    } catch (error) {
      if (found !== undefined) await this.leave(found, reading);
      throw error;
    } finally {
      this.looks.delete(look);
    }
  }

  /** Takes a place with the nearest that is near enough. */
  private enterNear({ next }: Reading, lag: number): Shared | undefined {
    const bound = Math.max(this.options.nearRecords, lag * JOIN_SHARE);
    let nearest: { readonly shared: Shared; readonly distance: number } | undefined;
    for (const shared of this.shared) {
      const distance = shared.pump.hasFailed ? undefined : shared.pump.distanceTo(next);
      if (distance !== undefined && distance <= Math.min(bound, nearest?.distance ?? Infinity)) nearest = { shared, distance };
    }
    if (nearest !== undefined) nearest.shared.readers++;
    return nearest?.shared;
  }

  private async leave(shared: Shared, reading: Reading): Promise<void> {
    await shared.pump.detach(reading);
    if (--shared.readers > 0) return;
    this.shared.delete(shared);
    await shared.pump.close();
    shared.giveTurn();
  }
}
