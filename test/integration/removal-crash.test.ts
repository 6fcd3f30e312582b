/** A removal that dies between any two requests is finished by whoever does it again: nothing retracted is left, and parents agree with children. */
import * as assert from 'uvu/assert';
import { retractTokens } from '../../src/removal/retraction.js';
import { createArena, type Arena } from '../helpers/arena.js';
import { integration } from '../helpers/integration.js';
import { binaries, openRemoving, putMadeUp, watchedClient, type Removing } from '../helpers/removing.js';

const test = integration('removal crash');
let arena: Arena;
let whole: Removing;

test.setup(async () => {
  arena = createArena();
  test.closing(() => arena.close());
  whole = await openRemoving(arena, { prepare: true });
  test.closing(() => whole.close());
});

/** Binaries of one round, told apart by its number. */
const lonely = (round: number): string => `a${String(round)}`;
const accompanied = (round: number): string => `b${String(round)}`;
const shared = (round: number): string => `c${String(round)}`;
const goes = (round: number): string => `aGOES${String(round)}`;

async function build(round: number): Promise<void> {
  const token = [goes(round)];
  await putMadeUp(whole, [
    { sha256: lonely(round), name: 'one', contributions: [{ tokens: token }] },
    { sha256: lonely(round), name: 'two', contributions: [{ tokens: token }] },
    { sha256: accompanied(round), name: 'goes', contributions: [{ tokens: token }] },
    { sha256: accompanied(round), name: 'stays', contributions: [{ tokens: ['aSTAYS'] }] },
    {
      sha256: shared(round),
      name: 'loses',
      contributions: [
        { timestamp: 9n, tokens: ['aSTAYS'] },
        { timestamp: 1n, tokens: token },
      ],
    },
  ]);
}

/** Retracts until so many requests were sent; false when it came to its end. */
async function dies(round: number, requests: number): Promise<boolean> {
  let sent = 0;
  const crash = new Error('crash');
  const removing: Removing = await openRemoving(arena, {
    // Small pages: more places to die at.
    pageSize: 2,
    wrap: (client) =>
      watchedClient(client, () => {
        if (sent++ < requests) return;
        removing.crash(crash);
        throw crash;
      }),
  });
  try {
    await removing.removal.retract(retractTokens([goes(round)]));
    return false;
  } catch (error) {
    assert.ok(error === crash || (error as Error).name === 'AbortError', String(error));
    return true;
  } finally {
    await removing.close();
  }
}

async function idsOf(round: number): Promise<string[]> {
  const wanted = new Set([lonely(round), accompanied(round), shared(round)]);
  return (await binaries(arena)).filter(({ _routing }) => wanted.has(_routing)).map(({ _id }) => _id).sort(); // prettier-ignore
}

test('a second removal finishes what the first left at any point', async () => {
  let round = 0;
  for (; ; round++) {
    await build(round);
    const died = await dies(round, round);
    if (died) await whole.removal.retract(retractTokens([goes(round)]));
    const [b, c] = [accompanied(round), shared(round)];
    assert.equal(await idsOf(round), [b, `${b}.stays`, c, `${c}.loses`], `after ${String(round)} requests`);
    if (!died) break;
  }
  assert.ok(round > 15, `only ${String(round)} requests`);
});
