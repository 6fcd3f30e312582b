/** The events behind documents: winners, losers, deleted, refused and overtaken ones; and slices of the log folded again. */
import * as assert from 'uvu/assert';
import { parseTime } from '../../schemas/time.js';
import type { ContributionShown, DocumentShown, LoggedEvent } from '../../src/explain/types.js';
import { encodeEvent } from '../../streams/encode.js';
import type { OutgoingRecord } from '../../streams/producer.js';
import { binaryTopic, systemTopic } from '../../streams/topics.js';
import { createArena, opensearch, type Arena } from '../helpers/arena.js';
import { differences } from '../helpers/history.js';
import { integration } from '../helpers/integration.js';
import { author, binaryRecord, enrichedEvent, feature } from '../helpers/records.js';
import { compared, hits, remove, told } from '../helpers/spoil.js';
import { deletes } from '../unit/projections/removal/events.js';

const test = integration('explain and replay');
const SHA = 'ab'.repeat(32);
let arena: Arena;

/** A contribution to the one document of the binary, unless the plugin says otherwise. */
function made(key: string, second: number, { source = 's2', plugin = 'meta' } = {}): OutgoingRecord {
  return binaryRecord(
    arena.prefix,
    enrichedEvent(key, {
      event: {
        timestamp: parseTime(`2026-03-01T00:00:0${String(second)}Z`),
        author: author({ name: plugin, category: 'plugin' }),
        track_authors: ['user.bob.1', `plugin.${plugin}.1`],
      },
      entity: { sha256: SHA, features: [feature({ value: key })] },
      source: { name: source },
    }),
  );
}

function deleteOf(key: string): OutgoingRecord {
  return { topic: systemTopic(arena.prefix, 'delete'), key: 'the-delete', value: encodeEvent('delete', deletes.ids(key)) };
}

test.setup(async () => {
  arena = createArena();
  test.closing(() => arena.close());
  const topic = binaryTopic(arena.prefix, 's2', 'enriched');
  await arena.send([
    ...[made('winner', 9), made('loser', 5), made('deleted', 7), made('other', 3, { plugin: 'other' })],
    ...[made('refused', 8, { source: 'nobody' }), made('removed', 6), { topic, key: 'removed', value: null }],
  ]);
  await arena.fold();
});

interface Explained {
  readonly documents: readonly DocumentShown[];
  readonly events: readonly LoggedEvent[] | null;
}

async function explain(...args: string[]): Promise<Explained> {
  const { stdout } = await arena.run(['explain', ...args, '--json', '--quiet']);
  return (JSON.parse(stdout) as { result: Explained }).result;
}

const roles = (contributions: readonly ContributionShown[]): string[] =>
  contributions.filter(({ key }) => key !== 'removed').map(({ role, key, outcome }) => `${role} ${key} ${outcome}`);

test('names winner and losers with position, time and author, the parent as such', async () => {
  const { documents, events } = await explain(SHA.toUpperCase());
  assert.is(events, null);
  assert.equal(documents.map(({ kind }) => kind), ['parent', 'document', 'document']); // prettier-ignore
  const meta = documents.find(({ id }) => id.includes('.meta.'))!;
  assert.equal(roles(meta.contributions), ['winner winner contributes', 'loser deleted contributes', 'loser loser contributes']);
  const [winner] = meta.contributions;
  assert.is(winner!.topic, binaryTopic(arena.prefix, 's2', 'enriched'));
  assert.equal([winner!.partition, winner!.offset], [0, 0]);
  assert.equal([winner!.time, winner!.author, winner!.action, winner!.source], ['2026-03-01T00:00:09Z', 'plugin.meta.1', 'enriched', 's2']);
});

test('says by which delete an event is deleted, and finds in the log what no document knows', async () => {
  await arena.send([deleteOf('deleted')]);
  const id = (await explain(SHA)).documents.find((document) => document.id.includes('.meta.'))!.id;
  const { documents, events } = await explain(id, '--log');
  assert.is(documents.length, 1);
  const deleted = documents[0]!.contributions.find(({ key }) => key === 'deleted')!;
  const by = { key: 'the-delete', action: 'ids', topic: systemTopic(arena.prefix, 'delete'), partition: 0, offset: 0 };
  assert.is(deleted.outcome, 'deleted');
  assert.equal((deleted as { by?: object }).by, by);
  const outcomes = Object.fromEntries(events!.map(({ key, outcome }) => [key, outcome]));
  const expected = { winner: 'contributes', loser: 'contributes', other: 'contributes', deleted: 'deleted', refused: 'refused', removed: 'overtaken' }; // prettier-ignore
  assert.equal(outcomes, expected);
});

test('text for people', async () => {
  const { stdout } = await arena.run(['explain', SHA, '--log']);
  assert.match(stdout, /winner +2026-03-01T00:00:09Z {2}enriched {2}by plugin\.meta\.1\n +key winner\n +at azul\.\S+\/0\/0\n/);
  assert.match(stdout, /deleted by delete the-delete \(ids\) at azul\.\S+\.system\.delete\/0\/0/);
  assert.match(stdout, /refused: BadSourceException: .*nobody/);
  assert.match(stdout, /removed by the tombstone at offset 5/);
  assert.match((await arena.run(['explain', 'nothing'])).stdout, /no documents/);
});

test('what was deleted while no worker ran is a difference; a replay of its record takes it out', async () => {
  const before = await compared(arena, ['verify', 'binary'], 4);
  assert.ok(told(before).some((line) => line.includes('.meta.') && line.includes('fold.contributions')), told(before).join('\n')); // prettier-ignore
  const { stdout } = await arena.run(['replay', '--topic', 's2.binary.enriched', '--from', '0', '--json', '--quiet']);
  const { records, overtaken, nothing } = (JSON.parse(stdout) as { result: Record<string, number> }).result;
  assert.equal([records, overtaken, nothing], [6, 1, 2]);
  assert.equal(told(await compared(arena, ['verify', 'binary'])), []);
});

test('a replay brings back what was removed by hand, by offset and by time, and is idempotent', async () => {
  const all = await arena.documents();
  // What a replay has just written is explained, whenever the index is refreshed.
  await opensearch('PUT', `/azul.x.${arena.partition}.binary2*/_settings`, { index: { refresh_interval: '-1' } });
  for (const hit of await hits(arena, 'binary2.*')) await remove(hit);
  assert.is((await arena.documents()).size, 0);
  const refusing = (await arena.run(['replay', '--topic', 'nobody.binary.enriched', '--from', '0', '--json'], {}, 4)).stdout;
  assert.is((JSON.parse(refusing) as { result: { refused: number } }).result.refused, 1);
  await arena.run(['replay', '--topic', 's2.binary.enriched', '--from', '1', '--to', '2', '--partition', '0']);
  const [shown] = (await explain(SHA)).documents.filter(({ kind }) => kind === 'document');
  assert.equal(roles(shown!.contributions), ['winner loser contributes']);
  await arena.run(['replay', '--topic', 's2.binary.enriched', '--from', '2020-01-01T00:00:00Z', '--to', '2100-01-01T00:00:00Z']);
  assert.equal(differences(await arena.documents(), all), []);
  await arena.run(['replay', '--topic', binaryTopic(arena.prefix, 's2', 'enriched'), '--from', '0']);
  assert.equal(differences(await arena.documents(), all), []);
  assert.equal(told(await compared(arena, ['verify', 'binary'])), []);
});

test('refuses what it can not replay', async () => {
  await arena.run(['replay', '--topic', 's2.binary.enriched', '--from', 'yesterday'], {}, 2);
  await arena.run(['replay', '--topic', 'system.insert', '--from', '0'], {}, 2);
  await arena.run(['replay', '--topic', 's9.binary.enriched', '--from', '0'], {}, 1);
});
