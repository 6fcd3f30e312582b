/**
 * Plugins, their statuses and downloads, with ages that count from now: the API looks at the last seven days and at heartbeats of the last
 * minutes, and all statuses of the shared history (api-history.ts) are older than that.
 */
import { parseTime } from '../../schemas/time.js';
import type { OutgoingRecord } from '../../streams/producer.js';
import { binaryEvent, linkedEvent } from '../unit/projections/binary/events.js';
import { createArena, opensearch, type Arena } from './arena.js';
import type { Integration } from './integration.js';
import { author, binaryRecord, feature, node, stream } from './records.js';
import { downloadRecord, pluginRecord, statusRecord } from './system-records.js';

export const A = 'a1'.repeat(32);
export const B = 'b2'.repeat(32);
export const C = 'c3'.repeat(32);
export const PARENT = 'd4'.repeat(32);
export const MINUTE = 60_000;
export const DAY = 86_400_000;
export const HIDDEN = 'HIGH MOD2 REL:APPLE,BEE';
/** The time, in ms, that all ages count from. */
export const START = Date.now();

/** Time this long before now: ISO 8601, in UTC. */
export const ago = (ms: number): string => new Date(START - ms).toISOString();
/** The same as status documents show it. */
export const shown = (ms: number): string =>
  ago(ms).replace(/\.(\d{3})Z$/, (_, digits: string) => (digits === '000' ? '+00:00' : `.${digits}000+00:00`));

/** A status of the plugin `Alpha`, of version 2 and in LOW unless it says otherwise. */
export interface Told {
  readonly version?: string;
  readonly sha256: string;
  readonly status: string;
  /** In ms; negative in the future. */
  readonly age: number;
  readonly security?: string;
}

/** What the plugin `Alpha` told. */
export const TOLD: readonly Told[] = [
  { sha256: A, status: 'completed', age: 5 * DAY },
  { sha256: A, status: 'completed', age: 4 * DAY },
  // Ahead, so that it is not lost however long the fold takes.
  { sha256: A, status: 'heartbeat', age: -10 * MINUTE },
  { sha256: B, status: 'heartbeat', age: 3 * MINUTE },
  { sha256: B, status: 'completed-empty', age: 9 * DAY },
  { sha256: C, status: 'completed-with-errors', age: 6 * DAY },
  { sha256: C, status: 'error-exception', age: DAY },
  { sha256: A, status: 'error-timeout', age: 2 * DAY },
  { sha256: B, status: 'error-timeout', age: DAY, security: 'MEDIUM' },
  { sha256: C, status: 'completed', age: -3 * DAY, security: 'MEDIUM' },
  { sha256: C, status: 'completed', age: 3 * DAY, version: '1' },
  { sha256: C, status: 'opt-out', age: 3 * DAY, security: HIDDEN },
];

const DOWNLOADS = { is_processing_download_events: 'true', n: '5', odd: 'NaN' };

function recentRecords(prefix: string): readonly OutgoingRecord[] {
  const alpha = { name: 'Alpha', category: 'plugin' };
  const registered = (time: string) => ({ timestamp: parseTime(time) });
  return [
    pluginRecord(prefix, { ...alpha, version: '1', config: { size: '1' } }, registered('2026-03-01T00:00:00Z')),
    pluginRecord(
      prefix,
      {
        ...alpha,
        version: '2',
        contact: 'x',
        description: 'd',
        config: { size: '5', list: '[1, 2]', text: '"t"' },
        features: [{ name: 'mime', type: 'string', desc: undefined, tags: ['t'] }],
      },
      registered('2026-03-02T00:00:00Z'),
    ),
    pluginRecord(prefix, { ...alpha, version: '10', config: { size: '10' } }, registered('2026-03-01T12:00:00Z')),
    pluginRecord(prefix, { name: 'beta', version: '1', category: 'plugin' }, registered('2026-03-01T00:00:00Z')),
    pluginRecord(prefix, { name: 'beta', version: '2', category: 'plugin', security: 'MEDIUM' }, registered('2026-03-02T00:00:00Z')),
    pluginRecord(prefix, { name: 'Fetch', version: '1', category: 'plugin', config: DOWNLOADS }, registered('2026-03-01T00:00:00Z')),
    pluginRecord(prefix, { name: 'Fetch', version: '2', category: 'plugin', config: DOWNLOADS }, registered('2026-03-02T00:00:00Z')),
    pluginRecord(prefix, { name: 'fetch-secret', version: '1', category: 'plugin', config: DOWNLOADS, security: HIDDEN }),
    pluginRecord(prefix, { name: 'bare' }),
    ...TOLD.map(({ version = '2', sha256, status, age, security }, n) =>
      statusRecord(
        prefix,
        `st${n}`,
        sha256,
        {
          timestamp: parseTime(ago(age)),
          author: author({ name: 'Alpha', version, category: 'plugin', security }),
        },
        { status, runtime: 1.5, ...(status.startsWith('error') && { error: 'e' }) },
      ),
    ),
    downloadRecord(prefix, 'dl1', B),
    downloadRecord(prefix, 'dl2', B, { author: author({ name: 'Fetch', version: '2', category: 'plugin' }), action: 'success' }),
    downloadRecord(prefix, 'dl3', C, { author: author({ name: 'u', version: undefined, category: undefined, security: HIDDEN }) }),
    binaryRecord(
      prefix,
      binaryEvent({
        event: { kafka_key: 'bin1', timestamp: parseTime('2026-03-01T00:00:01.5Z') },
        entity: {
          sha256: A,
          size: 7,
          info: '{"n":1.0}',
          features: [feature({ name: 'f', value: 'v', offset: 3, size: 5 })],
          datastreams: [stream({ sha256: A, size: 7 })],
        },
        source: { references: { k: 'r' }, path: [node({ sha256: A })] },
      }),
    ),
    binaryRecord(
      prefix,
      binaryEvent({
        event: { kafka_key: 'bin2', action: 'enriched', author: author({ name: 'Alpha', version: '2', category: 'plugin' }) },
        entity: { sha256: A, datastreams: [] },
        source: { path: [node({ sha256: A })] },
      }),
    ),
    binaryRecord(prefix, extracted()),
  ];
}

/** `B`, visible to few. */
function extracted() {
  const plugin = author({ name: 'unzip', version: '2.0', category: 'plugin', security: HIDDEN });
  const path = [node({ sha256: PARENT }), node({ sha256: B, action: 'extracted', author: plugin, relationship: { label: 'inner' } })];
  return linkedEvent('extracted', {
    event: { kafka_key: 'bin3', author: plugin },
    entity: { sha256: B, datastreams: [stream({ sha256: B })] },
    source: { path },
  });
}

/** Folds the records in an arena that is closed after the tests of the suite. An API over it reads registrations anew each time. */
export async function openRecentArena(test: Integration): Promise<Arena> {
  const arena = createArena({ METAFOLD_API_MODEL_SECONDS: '0' });
  test.closing(() => arena.close());
  await arena.send(recentRecords(arena.prefix));
  await arena.fold();
  await opensearch('POST', `/azul.*.${arena.partition}.*/_refresh`);
  return arena;
}
