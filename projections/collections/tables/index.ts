/** The event tables: which events are their rows, and from which topics they come (spec 07 §2). */
import type { BinaryEvent } from '../../../schemas/events.js';
import { VALIDATED_PARTS } from '../../../schemas/validate.js';
import type { EventRow, EventTable, PlacedEvent } from '../types.js';
import {
  BINARY_COLUMNS,
  DELETE_COLUMNS,
  DOWNLOAD_COLUMNS,
  FEATURE_COLUMNS,
  INSERT_COLUMNS,
  millisOf,
  PLUGIN_COLUMNS,
  STATUS_COLUMNS,
} from './columns.js';

export { combinedLabel } from './labels.js';

/** What decides whether a record is a row at all: whether it is valid, who may read it, what identifies it and which delete may name it. */
const JUDGED_PARTS: Readonly<Record<'binary' | 'status', readonly string[]>> = {
  binary: [
    ...VALIDATED_PARTS.binary,
    ...['timestamp', 'author.security', 'source.security', 'source.path.author.security'],
    ...['source.timestamp', 'track_source_references', 'track_links', 'track_authors'],
  ],
  status: [
    ...VALIDATED_PARTS.status,
    ...['timestamp', 'author.security', 'entity.input.source.security', 'entity.input.source.path.author.security'],
  ],
};

const ACTIONS = ['sourced', 'extracted', 'augmented', 'mapped', 'enriched'] as const;

function binaryTables(): EventTable[] {
  const table = (name: string, action: string | undefined, perFeature: boolean): EventTable => ({
    name,
    model: 'binary',
    action,
    perFeature,
    columns: perFeature ? FEATURE_COLUMNS : BINARY_COLUMNS,
    parts: JUDGED_PARTS.binary,
  });
  return [
    ...ACTIONS.map((action) => table(`azul.binary.${action}`, action, false)),
    table('azul.binary', undefined, false),
    ...ACTIONS.map((action) => table(`azul.feature.${action}`, action, true)),
    table('azul.feature', undefined, true),
  ];
}

function systemTable(model: Exclude<EventTable['model'], 'binary'>, columns: EventTable['columns']): EventTable {
  const parts = model === 'status' ? JUDGED_PARTS.status : undefined;
  return { name: `azul.${model}`, model, action: undefined, perFeature: false, columns, parts };
}

/** All event tables. */
export const EVENT_TABLES: readonly EventTable[] = [
  ...binaryTables(),
  systemTable('insert', INSERT_COLUMNS),
  systemTable('delete', DELETE_COLUMNS),
  systemTable('plugin', PLUGIN_COLUMNS),
  systemTable('status', STATUS_COLUMNS),
  systemTable('download', DOWNLOAD_COLUMNS),
];

const BY_NAME: ReadonlyMap<string, EventTable> = new Map(EVENT_TABLES.map((table) => [table.name, table]));

/** The table of that name; names are case-sensitive. */
export function tableNamed(name: string): EventTable | undefined {
  return BY_NAME.get(name);
}

/** Path nodes that a binary event may have to be a row. */
export const MAX_PATH_NODES = 11;

/** Why a valid event is no row of any table; undefined for one that is. */
export function rowFault({ event }: PlacedEvent): string | undefined {
  const source =
    'source' in event
      ? event.source
      : 'input' in (event.entity as object)
        ? (event.entity as { input: BinaryEvent }).input.source
        : undefined;
  if (source === undefined || !('path' in source) || source.path.length <= MAX_PATH_NODES) return undefined;
  return `source.path has ${source.path.length} nodes, expected at most ${MAX_PATH_NODES}`;
}

/** The rows that an event of the table's model gives: one, one for each feature, or none when its action is another one. */
export function rowsOf(table: EventTable, placed: PlacedEvent): readonly EventRow[] {
  const { topic, partition, offset, event } = placed;
  if (table.action !== undefined && (event as BinaryEvent).action !== table.action) return NO_ROWS;
  const eventdate = millisOf(event.timestamp);
  const row = (feature: number): EventRow => ({ topic, partition, offset, event, eventdate, micros: event.timestamp, feature });
  return table.perFeature ? (event as BinaryEvent).entity.features.map((_, index) => row(index)) : [row(0)];
}

const NO_ROWS: readonly EventRow[] = [];
