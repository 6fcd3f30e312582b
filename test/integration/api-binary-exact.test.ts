/** Numbers about a binary are answered as they are stored: sizes up to 2^64-1, and what info was written with (spec 01 §2.2, 02 §4.5). */
import * as assert from 'uvu/assert';
import type { BinaryEvent } from '../../schemas/events.js';
import { parseTime } from '../../schemas/time.js';
import { createArena, opensearch, type Arena } from '../helpers/arena.js';
import { startTestApi, type TestApi } from '../helpers/api.js';
import { integration } from '../helpers/integration.js';
import { author, binaryRecord, enrichedEvent, feature, node, stream } from '../helpers/records.js';
import { binaryEvent } from '../unit/projections/binary/events.js';

const test = integration('api exact numbers');
const PARENT = 'a'.repeat(64);
const CHILD = 'b'.repeat(64);
const LARGEST = 18446744073709551615n;
/** As Python writes it, so that the fold leaves it as it is. */
const INFO = '{"whole": 5.0, "tiny": 1e-07, "large": 123456789012345678901234567890, "odd": 9007199254740993, "text": "5.0"}';
let arena: Arena;
let api: TestApi;

/** An event about the child, which came out of the parent. */
function extracted(key: string, name: string, event: Partial<BinaryEvent>, size: bigint): BinaryEvent {
  return binaryEvent({
    event: {
      kafka_key: key,
      author: author({ name, category: 'plugin' }),
      track_source_references: 's2.x',
      track_authors: ['user.bob.1', `plugin.${name}.1`],
      track_links: ['L1'],
      ...event,
    },
    entity: { sha256: CHILD, size, datastreams: [stream({ sha256: CHILD, size })] },
    source: { path: [node({ sha256: PARENT, size: LARGEST }), node({ sha256: CHILD, action: 'extracted' })] },
  });
}

test.setup(async () => {
  arena = createArena();
  test.closing(() => arena.close());
  await arena.send([
    binaryRecord(
      arena.prefix,
      binaryEvent({
        event: { kafka_key: 'parent', track_source_references: 's2.x' },
        entity: { sha256: PARENT, size: LARGEST, datastreams: [stream({ sha256: PARENT, size: LARGEST })] },
        source: { path: [node({ sha256: PARENT, size: LARGEST })] },
      }),
    ),
    binaryRecord(
      arena.prefix,
      extracted('child', 'unzip', { action: 'extracted', timestamp: parseTime('2026-03-01T00:00:02Z') }, LARGEST - 1n),
    ),
    binaryRecord(arena.prefix, extracted('mapped', 'map', { action: 'mapped' }, LARGEST - 2n)),
    binaryRecord(arena.prefix, extracted('augmented', 'augment', { action: 'augmented' }, 1n)),
    binaryRecord(
      arena.prefix,
      enrichedEvent('info', {
        event: { timestamp: parseTime('2026-03-02T00:00:00Z') },
        entity: {
          sha256: PARENT,
          info: INFO,
          features: [
            feature({ name: 'place', offset: 9007199254740993n, size: 2n }),
            feature({ name: 'count', type: 'integer', value: '9223372036854775807' }),
            feature({ name: 'ratio', type: 'float', value: '1000' }),
          ],
        },
        source: { path: [node({ sha256: PARENT })] },
      }),
    ),
  ]);
  await arena.fold();
  await opensearch('POST', `/azul.*.${arena.partition}.*/_refresh`);
  api = await startTestApi(arena);
  test.closing(() => api.close());
});

async function answer(path: string): Promise<string> {
  const { status, text } = await api.ask('all', `/v0/binaries/${path}`);
  assert.is(status, 200, text);
  return text;
}

function holds(text: string, ...parts: readonly string[]): void {
  for (const part of parts) assert.ok(text.includes(part), `${part} in ${text}`);
}

test('a summary', async () => {
  const parent = await answer(PARENT);
  holds(parent, `"size":${LARGEST}`, `"size":${LARGEST - 1n}`, '"location":[[9007199254740993,9007199254740995]]');
  // OpenSearch writes the members that it was asked for anew: in another order, with the same values.
  holds(parent, '"whole":5.0', '"large":123456789012345678901234567890', '"odd":9007199254740993', '"text":"5.0"');
  holds(parent, '"integer":"9223372036854775807"', '"float":"1000.0"');
  const { info } = (JSON.parse(parent) as { data: { info: { info: object }[] } }).data;
  assert.equal(info[0]!.info, JSON.parse(INFO));
  holds(await answer(CHILD), `"parents":[{"sha256":"${PARENT}"`, `"size":${LARGEST}`, `"size":${LARGEST - 2n}`);
});

test('raw documents, to the letter', async () => {
  const { items } = (JSON.parse(await answer(`${PARENT}/events`)) as { data: { items: { _source: object }[] } }).data;
  assert.is(items.length, 2);
  for (const { _source } of items) assert.ok('encoded_security' in _source && !('fold' in _source));
  holds(await answer(`${PARENT}/events`), `"info":${INFO}`, `"size":${LARGEST}`, '"gte":9007199254740993');
});

test('nodes around it: of several documents of a link the smallest, of extracted, mapped and sourced ones', async () => {
  const text = await answer(`${CHILD}/nearby`);
  const { links } = (JSON.parse(text) as { data: { links: { id: string; source?: object }[] } }).data;
  assert.equal(
    links.map(({ id, source }) => [id, source !== undefined]),
    [
      [`${PARENT}.user.bob.sourceds2`, true],
      [`${CHILD}.plugin.map.mapped.${PARENT}.user.bob.sourced`, false],
    ],
  );
  holds(text, `"size":${LARGEST}`, `"size":${LARGEST - 2n}`);
});
