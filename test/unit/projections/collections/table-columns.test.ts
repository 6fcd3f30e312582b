/** Every column of every event table (spec 07 §2) over the golden events, read from their JSON by the paths that the specification names. */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { combinedLabel, EVENT_TABLES, rowFault, rowsOf } from '../../../../projections/collections/tables/index.js';
import type { EventRow, EventTable, LinqValue, TableColumn } from '../../../../projections/collections/types.js';
import { DeleteTable } from '../../../../projections/removal/delete-table.js';
import type { BinaryEvent, DeleteEvent } from '../../../../schemas/events.js';
import { LAYOUTS } from '../../../../schemas/layout.js';
import { partOf } from '../../../../schemas/parts.js';
import { createDecoder } from '../../../../streams/decode.js';
import { encodeEvent } from '../../../../streams/encode.js';
import { golden, goldens, type Golden } from '../../schemas/golden.js';
import { SETTINGS } from '../support.js';

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call
   -- events are JSON of many shapes; here they are read as they stand */

const test = suite('columns of event tables');

const at = (value: any, path: string): any => path.split('.').reduce((inner, name) => inner?.[name], value);
const ms = (text: string | undefined): number | null =>
  text === undefined ? null : Math.floor(Date.parse(text.replace(/(\.\d{3})\d+/, '$1')));

function canonical(value: any): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

type Reader = (event: any, feature: any) => LinqValue;
const text =
  (path: string): Reader =>
  (event) =>
    at(event, path) ?? null;
const json =
  (path: string): Reader =>
  (event) => {
    const value = at(event, path);
    return value === undefined || value.length === 0 ? null : canonical(value);
  };
const time =
  (path: string): Reader =>
  (event) =>
    ms(at(event, path));
const count =
  (path: string): Reader =>
  (event) =>
    (at(event, path) ?? []).length;
const flag =
  (path: string): Reader =>
  (event) =>
    at(event, path) ?? false;
const node =
  (path: string): Reader =>
  (event) =>
    at(event.source.path.at(-1), path) ?? null;
const label = (event: any): any => event.source?.security ?? event.entity.input?.source.security ?? (event.entity.config === undefined && event.entity.features === undefined ? undefined : event.entity.security); // prettier-ignore

const all: Record<string, Reader> = {
  eventdate: time('timestamp'),
  key: text('kafka_key'),
  model_version: text('model_version'),
  ...Object.fromEntries(['category', 'name', 'version', 'security'].map((name) => [`author.${name}`, text(`author.${name}`)])),
  security: (event) => label(event) ?? event.author.security ?? null,
  'kafka.topic': () => 'a topic',
  'kafka.partition': () => 3,
  'kafka.offset': () => 5_000_000_000,
};
const HASHES = ['sha256', 'sha512', 'sha1', 'md5', 'ssdeep', 'tlsh', 'file_format', 'file_extension', 'mime', 'magic'];
const binary: Record<string, Reader> = {
  ...all,
  source: text('source.name'),
  'source.security': text('source.security'),
  'source.timestamp': time('source.timestamp'),
  'source.references': json('source.references'),
  'source.settings': json('source.settings'),
  // Nodes as the wire has them, their times in milliseconds as everywhere.
  'source.path': ({ source }) => canonical(source.path.map((one: any) => ({ ...one, timestamp: ms(one.timestamp) }))),
  'source.depth': count('source.path'),
  action: text('action'),
  ...Object.fromEntries(HASHES.map((name) => [name, text(`entity.${name}`)])),
  size: text('entity.size'),
  features: json('entity.features'),
  datastreams: json('entity.datastreams'),
  info: json('entity.info'),
  'features.count': count('entity.features'),
  'datastreams.count': count('entity.datastreams'),
  'root.sha256': text('source.path.0.sha256'),
  'parent.sha256': ({ source }) => source.path.at(-2)?.sha256 ?? null,
  'path.action': node('action'),
  'path.author.name': node('author.name'),
  'path.author.version': node('author.version'),
  'path.filename': node('filename'),
  'path.language': node('language'),
  'path.file_format': node('file_format'),
  'path.timestamp': ({ source }) => ms(source.path.at(-1).timestamp),
  'path.size': node('size'),
  dequeued: text('dequeued'),
  retries: text('retries'),
  'flags.bypass_cache': flag('flags.bypass_cache'),
  'flags.expedite': flag('flags.expedite'),
  'flags.retry': flag('flags.retry'),
  track_source_references: text('track_source_references'),
  track_links: json('track_links'),
  track_authors: json('track_authors'),
};
const feature =
  (name: string): Reader =>
  (_, one) =>
    one[name] ?? null;

const EXPECTED: Readonly<Record<string, Record<string, Reader>>> = {
  binary,
  feature: { ...binary, ...Object.fromEntries(['name', 'type', 'value', 'label', 'offset', 'size'].map((name) => [`feature.${name}`, feature(name)])) }, // prettier-ignore
  status: {
    ...all,
    ...Object.fromEntries(['status', 'error', 'message', 'runtime'].map((name) => [name, text(`entity.${name}`)])),
    'results.count': count('entity.results'),
    source: text('entity.input.source.name'),
    action: text('entity.input.action'),
    sha256: text('entity.input.entity.sha256'),
    'input.eventdate': time('entity.input.timestamp'),
    'input.key': text('entity.input.kafka_key'),
    'input.author.name': text('entity.input.author.name'),
    'input.dequeued': text('entity.input.dequeued'),
    'input.retries': text('entity.input.retries'),
  },
  plugin: {
    ...all,
    ...Object.fromEntries(
      ['category', 'name', 'version', 'security', 'description', 'contact'].map((name) => [`plugin.${name}`, text(`entity.${name}`)]),
    ),
    'plugin.features': json('entity.features'),
    'plugin.config': json('entity.config'),
    'plugin.features.count': count('entity.features'),
  },
  insert: {
    ...all,
    source: text('entity.original_source'),
    'parent.sha256': text('entity.parent_sha256'),
    sha256: text('entity.child.sha256'),
    size: text('entity.child.size'),
    file_format: text('entity.child.file_format'),
    mime: text('entity.child.mime'),
    'child.action': text('entity.child_history.action'),
    'child.author.name': text('entity.child_history.author.name'),
    'child.author.version': text('entity.child_history.author.version'),
    'child.filename': text('entity.child_history.filename'),
    'child.timestamp': time('entity.child_history.timestamp'),
    track_link: text('track_link'),
    track_author: text('track_author'),
  },
  delete: {
    ...all,
    action: text('action'),
    reason: text('entity.reason'),
    'delete.submission': text('entity.submission.track_source_references'),
    'delete.timestamp': (event) => ms(event.action === 'author' ? event.entity.author.timestamp : event.entity.submission?.timestamp),
    'delete.link': text('entity.link.track_link'),
    'delete.author': text('entity.author.track_author'),
    'delete.ids': json('entity.ids.ids'),
  },
  download: {
    ...all,
    source: text('source.name'),
    action: text('action'),
    hash: text('entity.hash'),
    direct_url: text('entity.direct_url'),
    category: text('entity.category'),
    direct_expiry: time('entity.direct_expiry'),
    pcap: flag('entity.pcap'),
    category_quota: text('entity.category_quota'),
    metadata: json('entity.metadata'),
  },
};

const decoder = createDecoder();
const v6 = goldens.filter(({ version }) => version === 6);

/** A column needs no more of an event than it says. */
function checkPart(table: EventTable, column: TableColumn, judged: readonly string[], avro: Buffer, rows: readonly EventRow[]): void {
  const outcome = decoder.decode(table.model, avro, partOf(LAYOUTS[table.model], [...judged, ...column.parts]));
  if (outcome.kind !== 'event') throw new Error(outcome.kind);
  for (const row of rows) assert.is(column.read({ ...row, event: outcome.event }), column.read(row), column.name);
}

function check(table: EventTable, { name, avro }: Golden): number {
  const event = JSON.parse(readFileSync(new URL(`../../../fixtures/events/${name}.json`, import.meta.url), 'utf8'));
  const outcome = decoder.decode(table.model, avro);
  if (outcome.kind !== 'event') throw new Error(`${name} does not decode`);
  const rows = rowsOf(table, { topic: 'a topic', partition: 3, offset: 5_000_000_000, event: outcome.event });
  const features: any[] = table.perFeature ? (event.entity.features ?? []) : [undefined];
  const expected = table.action === undefined || table.action === event.action ? features : [];
  assert.is(rows.length, expected.length, name);
  const readers = EXPECTED[table.perFeature ? 'feature' : table.model]!;
  for (const [index, row] of rows.entries()) {
    for (const column of table.columns)
      assert.is(column.read(row), readers[column.name]!(event, expected[index]), `${name} ${column.name}`);
  }
  if (table.parts !== undefined) for (const column of table.columns) checkPart(table, column, table.parts, avro, rows);
  return rows.length;
}

for (const table of EVENT_TABLES) {
  test(`${table.name} has its columns, with the values of the events`, () => {
    assert.equal(
      table.columns.map(({ name }) => name),
      Object.keys(EXPECTED[table.perFeature ? 'feature' : table.model]!),
    );
    const rows = v6.filter(({ model }) => model === table.model).reduce((sum, one) => sum + check(table, one), 0);
    if (table.action === undefined) assert.ok(rows > 0);
  });
}

/** An event that deletes of all kinds can name. */
function tracked(): { avro: Buffer } {
  const outcome = decoder.decode('binary', golden('v6/binary/enriched').avro);
  if (outcome.kind !== 'event') throw new Error(outcome.kind);
  const track = { track_links: ['a.b', 'c.d'], track_authors: ['a', 'b'], track_source_references: 'a source' };
  return { avro: encodeEvent('binary', { ...outcome.event, ...track }) };
}

/** Deletes of each kind that name the event. */
function deletesOf(event: BinaryEvent): [string, DeleteTable][] {
  const { kafka_key, timestamp, track_links: links, track_authors: authors, track_source_references: references, source } = event;
  const entity = { ids: { ids: [] }, link: {}, author: { timestamp: 0n }, submission: { timestamp: 0n } };
  const kinds: Record<string, object> = {
    ids: { ids: { ids: [kafka_key] } },
    link: { link: { track_link: links.at(-1) } },
    author: { author: { track_author: authors.at(-1), timestamp: timestamp + 1n } },
    submission: { submission: { track_source_references: references, timestamp: source.timestamp } },
  };
  return Object.entries(kinds).map(([action, changes]) => {
    const table = new DeleteTable();
    table.add('a delete', { action, entity: { ...entity, ...changes } } as unknown as DeleteEvent);
    return [action, table];
  });
}

test('judging an event needs no more of it than the table says', () => {
  const matched = new Set<string>();
  for (const table of EVENT_TABLES.filter(({ parts, action }) => parts !== undefined && action === undefined)) {
    for (const { avro } of [...goldens.filter(({ model }) => model === table.model), ...(table.model === 'binary' ? [tracked()] : [])]) {
      const [whole, part] = [
        decoder.decode(table.model, avro),
        decoder.decode(table.model, avro, partOf(LAYOUTS[table.model], table.parts!)),
      ];
      if (whole.kind !== 'event' || part.kind !== 'event') throw new Error('does not decode');
      const place = { topic: 't', partition: 0, offset: 0 };
      assert.equal(combinedLabel(SETTINGS.security, table.model, part.event), combinedLabel(SETTINGS.security, table.model, whole.event));
      assert.is(rowFault({ ...place, event: part.event }), rowFault({ ...place, event: whole.event }));
      assert.equal([part.event.kafka_key, part.event.timestamp], [whole.event.kafka_key, whole.event.timestamp]);
      if (table.model !== 'binary') continue;
      for (const [kind, deletes] of deletesOf(whole.event as BinaryEvent)) {
        const found = deletes.matches(whole.event as BinaryEvent);
        if (found !== undefined) matched.add(kind);
        assert.equal(deletes.matches(part.event as BinaryEvent), found);
      }
    }
  }
  assert.equal([...matched].sort(), ['author', 'ids', 'link', 'submission']);
});

test.run();
