/** A parent that is refused has children all the same, folded from its letter, as long as its record stands. */
import * as assert from 'uvu/assert';
import { insertKey } from '../../schemas/identity.js';
import { encodeEvent } from '../../streams/encode.js';
import { systemTopic } from '../../streams/topics.js';
import { createArena, type Arena } from '../helpers/arena.js';
import { integration } from '../helpers/integration.js';
import { binaryRecord } from '../helpers/records.js';
import { author, binaryEvent } from '../unit/projections/binary/events.js';
import { insertEvent } from '../unit/projections/removal/events.js';

const test = integration('children of refused parents');
let arena: Arena;

test.setup(async () => {
  arena = createArena();
  test.closing(() => arena.close());
  await arena.createTopics([systemTopic(arena.prefix, 'insert')], 1);
});

const refused = (sha256: string) =>
  binaryRecord(
    arena.prefix,
    binaryEvent({ event: { kafka_key: `parent-${sha256}`, author: author({ category: undefined }) }, entity: { sha256 } }),
  );

const insertBelow = (parent: string) => {
  const event = insertEvent({ parent, child: { sha256: `${parent}child` } });
  return { topic: systemTopic(arena.prefix, 'insert'), key: insertKey(event), value: encodeEvent('insert', event) };
};

const letters = async (): Promise<number> =>
  (JSON.parse((await arena.run(['dead-letters', 'list', '--json'])).stdout) as { result: { items: unknown[] } }).result.items.length;

test('an insert finds a refused parent, and none whose record a tombstone has taken', async () => {
  await arena.send([refused('aa01'), refused('aa02')]);
  await arena.fold();
  assert.is(await letters(), 2);
  await arena.send([{ ...refused('aa02'), value: null }]);
  await arena.fold();
  assert.is(await letters(), 1);
  await arena.send([insertBelow('aa01'), insertBelow('aa02')]);
  await arena.fold();
  const children = [...(await arena.documents()).keys()].filter((name) => name.includes('child'));
  assert.ok(children.length > 0);
  assert.equal(children.filter((name) => !name.includes('aa01child')), []); // prettier-ignore
});
