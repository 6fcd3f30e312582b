/** Statuses of one task over the end of a week: one document, in the index of the later one (spec 02 §5.3). */
import * as assert from 'uvu/assert';
import { parseTime } from '../../schemas/time.js';
import { encodeEvent } from '../../streams/encode.js';
import type { OutgoingRecord } from '../../streams/producer.js';
import { systemTopic } from '../../streams/topics.js';
import { createArena, type Arena } from '../helpers/arena.js';
import { integration } from '../helpers/integration.js';
import { author, binaryEvent } from '../unit/projections/binary/events.js';

const test = integration('status partitions');

function statusRecord({ prefix }: Arena, key: string, status: string, time: string): OutgoingRecord {
  const began = String(Number(parseTime('2026-03-04T23:50:00Z')) / 1e6);
  const value = encodeEvent('status', {
    model_version: 6,
    kafka_key: key,
    timestamp: parseTime(time),
    author: author({ name: 'p', version: '1', category: 'plugin' }),
    entity: {
      input: binaryEvent({ event: { dequeued: `k.p.1.${began}` } }),
      ...{ status, runtime: undefined, error: undefined, message: undefined, results: [] },
    },
  });
  return { topic: systemTopic(prefix, 'status'), key, value };
}

/** Index and status of the documents. */
async function statuses(arena: Arena): Promise<string[]> {
  const { stdout } = await arena.run(['export', 'status']);
  return stdout.trimEnd().split('\n').map((line) => {
    const { index, source } = JSON.parse(line) as { index: string; source: { entity: { status: string } } };
    return `${index.split('.').at(-1)!} ${source.entity.status}`;
  }); // prettier-ignore
}

test('a later status of a task replaces one in the index of an earlier week, folded together or apart', async () => {
  const arena = createArena();
  try {
    await arena.send([statusRecord(arena, 'k1', 'heartbeat', '2026-03-04T23:55:00Z')]);
    await arena.fold();
    assert.equal(await statuses(arena), ['2026-03-w09 heartbeat']);
    await arena.send([
      statusRecord(arena, 'k1', 'completed', '2026-03-05T00:05:00Z'),
      statusRecord(arena, 'k2', 'heartbeat', '2026-03-04T23:56:00Z'),
      statusRecord(arena, 'k2', 'completed', '2026-03-05T00:06:00Z'),
    ]);
    await arena.fold();
    assert.equal(await statuses(arena), ['2026-03-w10 completed', '2026-03-w10 completed']);
    await arena.run(['verify', '--quiet']);
  } finally {
    await arena.close();
  }
});
