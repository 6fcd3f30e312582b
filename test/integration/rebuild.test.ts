/** Rebuilds on real servers: the same documents, without a gap for readers, whatever is killed. */
import * as assert from 'uvu/assert';
import { createArena, type Arena } from '../helpers/arena.js';
import { differences, expectedDocuments } from '../helpers/history.js';
import { integration } from '../helpers/integration.js';

const HISTORY = 'history-plain';
const test = integration('rebuild');
let arena: Arena;

test.setup(async () => {
  arena = createArena();
  test.closing(() => arena.close());
  await arena.publish(HISTORY, '--partitions', '3');
  await arena.fold();
});

interface RebuildOutput {
  readonly ok: boolean;
  readonly result: {
    readonly families: readonly { docname: string; generation: string; step: string; active: boolean }[];
    readonly caught_up: boolean;
    readonly events: number;
    readonly folded: number;
  };
}

async function rebuild(...args: string[]): Promise<RebuildOutput> {
  return JSON.parse((await arena.run(['rebuild', '--json', ...args])).stdout) as RebuildOutput;
}

test('gives the documents of the live generation, behind the same aliases and under the same names', async () => {
  const { ok, result } = await rebuild('--workers', '2');
  assert.ok(ok);
  assert.ok(result.caught_up);
  assert.is(result.folded, result.events);
  assert.equal(
    result.families,
    ['binary2', 'status', 'plugin'].map((docname) => ({ docname, generation: `${arena.partition}-g2`, step: 'begin', active: true })),
  );
  assert.equal(differences(await arena.documents(), expectedDocuments(HISTORY, arena.partition)), []);
});
