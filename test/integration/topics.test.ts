/** Which topics a worker reads, and in which order. */
import * as assert from 'uvu/assert';
import type { OutgoingRecord } from '../../streams/producer.js';
import { inArena, opensearch, type Arena } from '../helpers/arena.js';
import { integration, waitFor } from '../helpers/integration.js';
import { binaryRecord, enrichedEvent, feature } from '../helpers/records.js';

const test = integration('topics');

function record(arena: Arena, key: string, source = 's2', expedited = false): OutgoingRecord {
  const changes = { source: { name: source }, entity: { sha256: key, features: [feature({ name: 'f', value: key })] } };
  return binaryRecord(arena.prefix, enrichedEvent(key, changes), expedited);
}

async function exists(arena: Arena, sha256: string): Promise<boolean> {
  const path = `/azul.x.${arena.partition}.binary2.${sha256[0]!}/_doc/${sha256}.plugin.meta.enriched.LOW?routing=${sha256}&_source=false`;
  return (await opensearch<{ found?: boolean }>('GET', path, undefined, [404])).found === true;
}

test('finds the topic of a source that appears while the worker runs', () =>
  inArena(async (arena) => {
    const worker = arena.start(['worker'], { METAFOLD_TOPIC_REFRESH_MS: '500' });
    await arena.send([record(arena, 'a1')]);
    await waitFor(() => exists(arena, 'a1'), { timeoutMs: 60_000, what: 'the document of the first topic' });
    await arena.send([record(arena, 'b1', 's1')]);
    await waitFor(() => exists(arena, 'b1'), { timeoutMs: 60_000, what: 'the document of the new topic' });
    worker.process.kill('SIGTERM');
    assert.is((await worker.outcome).code, 143);
  }));

test('folds expedited events before a backlog', () =>
  inArena(async (arena) => {
    // The expedited topic exists before the worker starts, and has a record that shows that the worker reads it.
    await arena.send([record(arena, 'e0', 's2', true)]);
    const slowly = {
      METAFOLD_FETCH_RECORDS: '5',
      METAFOLD_BULK_BYTES: '1024',
      METAFOLD_BULK_CONCURRENCY: '1',
      METAFOLD_MAX_IN_FLIGHT_BYTES: '1048576',
    };
    const worker = arena.start(['worker'], { ...slowly, METAFOLD_TOPIC_REFRESH_MS: '500' });
    await waitFor(() => exists(arena, 'e0'), { timeoutMs: 60_000, what: 'the first expedited document' });
    const backlog = 8_000;
    await arena.send(Array.from({ length: backlog }, (_, n) => record(arena, `c${String(n)}`)));
    await waitFor(() => exists(arena, 'c0'), { timeoutMs: 60_000, what: 'the backlog to be read', intervalMs: 20 });
    await arena.send([record(arena, 'e1', 's2', true)]);
    await waitFor(() => exists(arena, 'e1'), { timeoutMs: 60_000, what: 'the second expedited document', intervalMs: 20 });
    assert.not(await exists(arena, `c${String(backlog - 1)}`), 'the backlog was folded first');
    worker.process.kill('SIGKILL');
  }));

test('reads the topics of its own prefix only, and none that merely begin like them', () =>
  inArena(async (arena) => {
    const stranger = { ...record(arena, 'd1'), topic: `azul.${arena.prefix}.more.s2.binary.enriched` };
    await arena.send([record(arena, 'd0'), stranger]);
    await arena.fold();
    assert.ok(await exists(arena, 'd0'));
    assert.not(await exists(arena, 'd1'));
  }));
