/** Rows on their way into Redis (spec 07 §6, §11), the way that was measured to be the cheapest: on a server alone many keys in one call of the script, on a cluster one each. */
import { runCommands, type RedisCommand, type Servers } from '../../redis/index.js';
import type { Guard, KeyWrite, WriteOutcome } from '../types.js';
import { WRITE } from './scripts.js';

/** Keys of one call: the server does nothing else meanwhile, for about half a millisecond. */
const KEYS = 100;
/** Above this share of keys that were there already, setting a key only if it is new costs more than it saves. */
const MOSTLY_THERE = 0.4;
/** Rows die on their way; what is past for longer is a bug, and would delete what stands. */
const LATEST_MS = 60_000;

export class RowSink {
  /** Share of keys that were there already in the last batch. */
  private there = 0;

  constructor(private readonly servers: Servers) {}

  /** Outcomes in the order of the writes, each key once among them. Throws RangeError for an expiry that is long past. */
  async write(writes: readonly KeyWrite[], guard: Guard): Promise<readonly WriteOutcome[]> {
    const earliest = Date.now() - LATEST_MS;
    const dead = writes.find(({ pxat }) => !(Number.isSafeInteger(pxat) && pxat > earliest));
    if (dead !== undefined)
      throw new RangeError(`pxat of ${dead.key}: ${dead.pxat} is past, expected milliseconds since the epoch to come`);
    const outcomes = new Array<WriteOutcome>(writes.length);
    const all = writes.map((_, index) => index);
    const compared = this.servers.cluster ? await this.setNew(writes, all, outcomes, guard) : all;
    for (const force of [false, true]) {
      const places = compared.filter((index) => writes[index]!.force === force);
      await this.compare(writes, places, force, outcomes, guard);
    }
    if (writes.length > 0) this.there = outcomes.filter((outcome) => outcome !== 1).length / writes.length;
    return outcomes;
  }

  /** Sets keys that are not there; answers with the writes that have to be compared. */
  private async setNew(writes: readonly KeyWrite[], all: number[], outcomes: WriteOutcome[], guard: Guard): Promise<number[]> {
    const places = this.there > MOSTLY_THERE ? [] : all.filter((index) => !writes[index]!.force);
    if (places.length === 0) return all;
    const commands = places.map((index): RedisCommand => {
      const { key, value, pxat } = writes[index]!;
      return { name: 'set', keys: [key], args: [value, 'PXAT', pxat, 'NX'] };
    });
    for (const [at, reply] of (await runCommands(this.servers, commands, guard)).entries()) {
      if (reply === 'OK') outcomes[places[at]!] = 1;
    }
    return all.filter((index) => outcomes[index] === undefined);
  }

  private async compare(
    writes: readonly KeyWrite[],
    places: readonly number[],
    force: boolean,
    outcomes: WriteOutcome[],
    guard: Guard,
  ): Promise<void> {
    const size = this.servers.cluster ? 1 : KEYS;
    const commands: RedisCommand[] = [];
    for (let from = 0; from < places.length; from += size) {
      const keys: string[] = [];
      const args: (string | number)[] = [force ? 1 : 0];
      for (const place of places.slice(from, from + size)) {
        const { key, value, pxat } = writes[place]!;
        keys.push(key);
        args.push(value, pxat);
      }
      commands.push({ name: 'evalsha', keys, args, script: WRITE });
    }
    const replies = (await runCommands(this.servers, commands, guard)) as WriteOutcome[][];
    for (const [at, outcome] of replies.flat().entries()) outcomes[places[at]!] = outcome;
  }
}
