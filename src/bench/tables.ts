/** What an entry of the delete and insert tables holds in memory: each worker has both whole. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createHash } from 'node:crypto';
import { DeleteTable } from '../../projections/removal/delete-table.js';
import { InsertTable } from '../../projections/removal/insert-table.js';
import { createDecoder } from '../../streams/decode.js';
import { encodeEvent } from '../../streams/encode.js';
import { idleDelete, insertUnder } from './removal-events.js';

export interface TableSizes {
  readonly entries: number;
  /** Bytes of heap an entry, by action of the delete. */
  readonly deleteBytes: Readonly<Record<string, number>>;
  readonly insertBytes: number;
}

const ACTIONS = ['ids', 'link', 'author', 'submission'] as const;
/** Inserts weigh more: fewer of them say as much. */
const INSERT_SHARE = 10;

/** Fills tables with so many entries of each kind, all of them decoded from records as a worker's are. */
export function measureTables(entries: number): TableSizes {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const deleteBytes: Record<string, number> = {};
  // All tables stay alive, or the end of one would be taken off the next.
  const tables: object[] = [];
  const bytesOf = (fill: () => { readonly entries: number }): number => {
    collect();
    const before = process.memoryUsage().heapUsed;
    const table = fill();
    tables.push(table);
    collect();
    return Math.round((process.memoryUsage().heapUsed - before) / table.entries);
  };
  for (const [at, action] of ACTIONS.entries()) deleteBytes[action] = bytesOf(() => filledDeletes(entries, at));
  return { entries, deleteBytes, insertBytes: bytesOf(() => filledInserts(entries / INSERT_SHARE)) };
}

function filledDeletes(entries: number, action: number): DeleteTable {
  const decoder = createDecoder();
  const table = new DeleteTable();
  for (let n = 0; n < entries; n++) {
    const event = idleDelete(n * ACTIONS.length + action);
    const outcome = decoder.decode('delete', encodeEvent('delete', event));
    if (outcome.kind === 'event') table.load(event.kafka_key, outcome.event);
  }
  return table;
}

function filledInserts(entries: number): InsertTable {
  const decoder = createDecoder();
  const table = new InsertTable();
  for (let n = 0; n < entries; n++) {
    const { event } = insertUnder(createHash('sha256').update(String(n)).digest('hex'), 's1');
    const outcome = decoder.decode('insert', encodeEvent('insert', event));
    if (outcome.kind === 'event') table.set({ key: event.kafka_key, offset: n, event: outcome.event });
  }
  return table;
}
