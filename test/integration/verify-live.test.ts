/** Comparisons where the log and the workers go on, and of documents that a rebuild would not make as they are. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@opensearch-project/opensearch';
import pino from 'pino';
import * as assert from 'uvu/assert';
import { parseTime } from '../../schemas/time.js';
import { compare } from '../../src/compare/compare.js';
import { loadConfig } from '../../src/config/index.js';
import { wholePartition } from '../../src/opensearch/template-settings.js';
import { workerSettings } from '../../src/worker/settings.js';
import { createDecoder } from '../../streams/decode.js';
import { encodeEvent } from '../../streams/encode.js';
import type { OutgoingRecord } from '../../streams/producer.js';
import { binaryTopic, systemTopic } from '../../streams/topics.js';
import { createArena, type Arena } from '../helpers/arena.js';
import { integration, waitFor } from '../helpers/integration.js';
import { deleteRecordsBefore } from '../helpers/log.js';
import { author, binaryRecord, enrichedEvent, feature } from '../helpers/records.js';
import { change, compared, hits, put, remove, told, type RawHit } from '../helpers/spoil.js';
import { testStack } from '../helpers/stack.js';
import { deletes } from '../unit/projections/removal/events.js';

const test = integration('verify while the log goes on');
let arena: Arena;

interface Wish {
  readonly sha256?: string;
  readonly second?: number;
  readonly name?: string;
  readonly label?: string;
  readonly expedited?: boolean;
  readonly feature?: string;
}

function made(
  key: string,
  { sha256 = '01', second = 5, name = 'meta', label, expedited = false, feature: value = key }: Wish = {},
): OutgoingRecord {
  const by = { ...author({ name, category: 'plugin' }), ...(label === undefined ? {} : { security: label }) };
  const event = enrichedEvent(key, {
    event: {
      timestamp: parseTime(`2026-03-01T00:00:0${String(second)}Z`),
      author: by,
      track_authors: ['user.bob.1', `plugin.${name}.1`],
      flags: { bypass_cache: false, expedite: expedited, retry: false },
    },
    entity: { sha256, features: [feature({ name: 'f', value }), feature({ name: 'n', type: 'integer', value: '9007199254740993' })] },
  });
  return binaryRecord(arena.prefix, event, expedited);
}

test.setup(() => {
  arena = createArena();
  test.closing(() => arena.close());
});

async function child(sha256: string, part = ''): Promise<RawHit> {
  const found = (await hits(arena, 'binary2.*')).find(({ _id, _routing }) => _routing === sha256 && _id !== sha256 && _id.includes(part));
  assert.ok(found, sha256);
  return found;
}

test('an earlier document of a key whose later record makes another one is superseded, until repair', async () => {
  await arena.send([
    made('a', { sha256: '01' }),
    made('b', { sha256: '02', name: 'first' }),
    made('c', { sha256: '02', name: 'second', second: 3 }),
  ]);
  await arena.fold();
  await arena.send([made('a', { sha256: '01', name: 'renamed' }), made('b', { sha256: '02', name: 'second', second: 2 })]);
  await arena.fold();
  const found = await compared(arena, ['verify', 'binary'], 4);
  assert.equal(
    found.differences.map(({ kind, id }) => [kind, id.split('.').slice(0, 3).join('.')]),
    [
      ['superseded', '01.plugin.meta'],
      ['superseded', '02.plugin.first'],
    ],
  );
  assert.is(found.superseded, 2);
  await compared(arena, ['repair', 'binary', '--apply']);
  assert.equal(told(await compared(arena, ['verify', 'binary'])), []);
  assert.is((await hits(arena, 'binary2.*')).length, 4);
});

test('without its record a contribution is unverifiable, and taken on trust', async () => {
  await arena.send([made('d', { sha256: '03', expedited: true, second: 9 }), made('e', { sha256: '03', second: 1 })]);
  await arena.fold();
  await deleteRecordsBefore(testStack().brokers, { topic: systemTopic(arena.prefix, 'expedite'), partition: 0, offset: 1 });
  const found = await compared(arena, ['verify', 'binary']);
  assert.equal([found.unverifiable, told(found)], [1, []]);
  const document = await child('03');
  await put(document, {
    ...document._source,
    fold: { ...document._source.fold, contributions: document._source.fold!.contributions.slice(0, 1) },
  });
  assert.is((await compared(arena, ['verify', 'binary'], 4)).different, 1);
  await compared(arena, ['repair', 'binary', '--apply']);
  const mended = await child('03');
  assert.equal(mended._source, document._source);
});

test('of clashing feature names the first wins: the other is no difference, but a name that could be there is', async () => {
  await arena.send([made('g', { sha256: '04' })]);
  await arena.fold();
  const clash = enrichedEvent('h', {
    entity: { sha256: '05', features: [feature({ name: 'f.x' }), feature({ name: 'f', value: 'kept' })] },
  });
  await arena.send([binaryRecord(arena.prefix, clash)]);
  await arena.fold();
  assert.equal((await child('05'))._source['features_map'], { f: ['kept'] });
  assert.equal(told(await compared(arena, ['verify', 'binary'])), []);
  const document = await child('05');
  await put(document, { ...document._source, features_map: {} });
  const { differences } = await compared(arena, ['verify', 'binary'], 4);
  assert.equal(differences.map(({ paths }) => paths), [['features_map.f']]); // prettier-ignore
  await compared(arena, ['repair', 'binary', '--apply']);
  assert.equal(told(await compared(arena, ['verify', 'binary'])), []);
});

test('what OpenSearch refuses is not missing', async () => {
  const poison = enrichedEvent('p', {
    entity: { sha256: '06', features: [feature({ name: 'big', type: 'integer', value: '99999999999999999999' })] },
  });
  await arena.send([binaryRecord(arena.prefix, poison)]);
  await arena.fold();
  assert.equal(told(await compared(arena, ['verify', 'binary'])), []);
});

/** Compares binaries in this process; `meanwhile` happens after the log was read and before the documents are. */
async function comparedWhile(meanwhile: () => Promise<void>): Promise<string[]> {
  const config = await loadConfig(arena.environment, { need: ['kafka', 'opensearch', 'security'] });
  const { kafka, partition } = config;
  const open = new Client({ node: testStack().opensearchUrl });
  let happened = false;
  const request = async (params: { readonly path: string }, options: unknown): Promise<unknown> => {
    if (!happened && params.path.endsWith('/_alias')) {
      happened = true;
      await meanwhile();
    }
    return open.transport.request(params as never, options as never);
  };
  const found: string[] = [];
  try {
    await compare(
      { docnames: ['binary2'], sample: 1 },
      {
        ...{ kafka, partition, client: { transport: { request } } as unknown as Client },
        settings: workerSettings(config, wholePartition(partition)),
        decoder: createDecoder(),
        log: pino({ level: 'silent' }),
        signal: new AbortController().signal,
        onProgress: () => undefined,
        onDifferences: (differences) =>
          Promise.resolve(
            void found.push(...differences.map(({ kind, address, paths }) => [kind, address.id.slice(0, 2), ...paths].join(' '))),
          ),
      },
    );
  } finally {
    await open.close();
  }
  assert.ok(happened);
  return found;
}

test('what comes after the start is no difference: replaced, new, removed and deleted ones', async () => {
  await arena.send(['a0', 'a1', 'a2', 'a3', 'a4'].map((sha256) => made(sha256, { sha256 })));
  await arena.fold();
  const found = await comparedWhile(async () => {
    const removed = { topic: binaryTopic(arena.prefix, 's2', 'enriched'), key: 'a2', value: null };
    await arena.send([
      ...[made('a0', { sha256: 'a0', second: 7 }), made('a1-b', { sha256: 'a1', second: 1 }), made('a5', { sha256: 'a5' }), removed],
      { topic: systemTopic(arena.prefix, 'delete'), key: 'delete-a3', value: encodeEvent('delete', deletes.ids('a3')) },
    ]);
    await arena.fold();
    await change(await child('a4'), { track_author: 'nobody' });
  });
  assert.equal(found, ['different a4 track_author']);
  assert.equal(new Set((await hits(arena, 'binary2.a')).map(({ _routing }) => _routing)), new Set(['a0', 'a1', 'a4', 'a5']));
  await compared(arena, ['repair', 'binary', '--apply']);
});

test('while a worker folds and records arrive, only what was spoilt is a difference', async () => {
  const worker = arena.start(['worker']);
  let stopped = false;
  let sent = 0;
  const sending = (async () => {
    while (!stopped) {
      const batch = Array.from({ length: 20 }, (_, i) =>
        made(`live-${String((sent + i) % 150)}`, { sha256: `f${String((sent + i) % 50)}`, second: (sent + i) % 9 }),
      );
      sent += batch.length;
      await arena.send(batch);
      await arena.send([{ topic: binaryTopic(arena.prefix, 's2', 'enriched'), key: `live-${String(sent % 150)}`, value: null }]);
      await sleep(50);
    }
  })();
  await waitFor(async () => (await hits(arena, 'binary2.*')).length > 60, { timeoutMs: 60_000, what: 'documents of the live history' });
  const first = await arena.run(['verify', 'binary', '--json', '--quiet']).catch((error: unknown) => String(error));
  const document = await child('04');
  await change(document, { track_author: 'nobody' });
  await remove(await child('05'));
  const second = await compared(arena, ['verify', 'binary'], 4);
  stopped = true;
  await sending;
  worker.process.kill('SIGTERM');
  await worker.outcome;
  assert.is(typeof first === 'string' ? first : '', '');
  assert.equal(
    second.differences.map(({ kind, id, paths }) => [kind, id.slice(0, 2), ...paths]),
    [
      ['different', '04', 'track_author'],
      ['missing', '05'],
    ],
  );
});
