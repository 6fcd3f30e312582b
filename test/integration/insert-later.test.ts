/** What a removal takes away a second time after a while is what it took the first time: what inserts derive meanwhile stays. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { InsertEvent } from '../../schemas/events.js';
import { encodeEvent } from '../../streams/encode.js';
import { systemTopic } from '../../streams/topics.js';
import { createArena, type Arena } from '../helpers/arena.js';
import { integration, waitFor } from '../helpers/integration.js';
import { binaryRecord } from '../helpers/records.js';
import { openWorkers, type Workers } from '../helpers/workers.js';
import { binaryEvent } from '../unit/projections/binary/events.js';
import { insertEvent } from '../unit/projections/removal/events.js';

const test = integration('inserts that come within the settle time');
let arena: Arena;
let workers: Workers;

test.setup(async () => {
  arena = createArena({ METAFOLD_SETTLE_SECONDS: '2', METAFOLD_COMMIT_INTERVAL_MS: '100' });
  test.closing(() => arena.close());
  await arena.createTopics([systemTopic(arena.prefix, 'insert')], 1);
  workers = await openWorkers(arena);
  test.closing(() => workers.close());
});

const parent = (sha256: string) =>
  binaryRecord(arena.prefix, binaryEvent({ event: { kafka_key: `parent-${sha256}` }, entity: { sha256 } }));

const insert = (key: string, event: InsertEvent | null) => ({
  topic: systemTopic(arena.prefix, 'insert'),
  key,
  value: event && encodeEvent('insert', event),
});

const below = (sha256: string, child: string): InsertEvent => insertEvent({ parent: sha256, child: { sha256: child } });

async function has(child: string): Promise<boolean> {
  return [...(await workers.documents()).keys()].some((name) => name.includes(` ${child}.`));
}

/** Sends a second part once the first has done something, and ends with all removals repeated. */
async function folded(first: () => Promise<void>, seen: () => Promise<boolean>, second: () => Promise<void>): Promise<void> {
  const one = await workers.start({ untilIdle: false });
  await first();
  await waitFor(seen, { timeoutMs: 30_000, what: 'the first part to be folded' });
  await sleep(500); // committed, and not repeated yet
  await second();
  const last = await workers.start({ untilIdle: true });
  await last.ended;
  // The repetition is the first worker's.
  await sleep(3_000);
  one.stop(30_000);
  await one.ended;
  assert.is(last.failure() ?? one.failure(), undefined);
}

test('below a record that makes not all it might: another of its children is invalid', async () => {
  const { entity, ...rest } = below('aa01', 'bb01');
  const invalid = { ...rest, entity: { ...entity, child: { ...entity.child, datastreams: [] } } };
  await arena.send([insert('invalid', invalid)]);
  await folded(
    () => arena.send([parent('aa01')]),
    () => has('aa01'),
    () => arena.send([insert('later', below('aa01', 'bb02'))]),
  );
  assert.ok(await has('bb02'));
  assert.not.ok(await has('bb01'));
});

test('of an insert that is published anew after its tombstone', async () => {
  await arena.send([insert('again', below('cc01', 'dd01'))]);
  await folded(
    () => arena.send([parent('cc01')]),
    () => has('dd01'),
    async () => {
      await arena.send([insert('again', null)]);
      await waitFor(async () => !(await has('dd01')), { timeoutMs: 30_000, what: 'the child to go' });
      await arena.send([insert('again', below('cc01', 'dd01'))]);
    },
  );
  assert.ok(await has('dd01'));
});
