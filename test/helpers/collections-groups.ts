/** Grouped tasks over the fixture histories, and what their groups must come to, the obvious slow way (spec 07 §7). */
import type { ModelRow, ModelTask, Typed } from './collections-model.js';

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-call
   -- events are JSON of many shapes; here they are read as they stand */

const LONG = 3_153_600_000;
const MINUTE = 60_000;
const str = (value: any): Typed => ['str', value ?? null];
const int8 = (value: any): Typed => ['int8', value ?? null];
const float8 = (value: any): Typed => ['float8', value ?? null];
type Row = Readonly<Record<string, Typed>>;

/** Values of a column in the order of the events: by time, key and feature. */
function inOrder(rows: readonly ModelRow[], name: string): any[] {
  const sorted = [...rows].sort((a, b) => {
    if (a.micros !== b.micros) return a.micros < b.micros ? -1 : 1;
    if (a.key !== b.key) return a.key < b.key ? -1 : 1;
    return a.feature - b.feature;
  });
  return sorted.map(({ values }) => values[name]![1]);
}

const present = (rows: readonly ModelRow[], name: string): any[] => inOrder(rows, name).filter((value) => value !== null);
const SCALE = 200n;

/** A float as a whole number of 2^-200. */
function scaled(value: number): bigint {
  let [exponent, rest] = [0n, value];
  while (!Number.isInteger(rest)) {
    rest *= 2;
    exponent++;
  }
  return BigInt(rest) << (SCALE - exponent);
}

/** The exact sum, rounded once. */
function exactSum(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return Number(values.reduce((sum, value) => sum + scaled(value), 0n)) / 2 ** Number(SCALE);
}

const wholeSum = (values: readonly number[]): bigint | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + BigInt(value), 0n);

const everyFeature = (event: any): readonly Row[] =>
  (event.entity.features ?? []).map((feature: any) => ({ name: str(feature.name), value: str(feature.value) }));

export const GROUPED_TASKS: readonly ModelTask[] = [
  {
    name: 'statuses of authors',
    query: 'from azul.status group every 10m by author.name select count() as n',
    model: 'status',
    expireIn: LONG,
    keyFields: ['author.name'],
    valueFields: ['n'],
    rows: ({ author }) => [{ 'author.name': str(author.name) }],
    group: { windowMs: 10 * MINUTE, by: ['author.name'], result: (rows, by) => ({ ...by, n: int8(rows.length) }) },
  },
  {
    name: 'runtimes',
    query:
      'from azul.status where status = "completed" group every 1m by author.name every 5m select sum(runtime) as total, avg(runtime) as mean, min(runtime) as least, max(runtime) as most, count(runtime) as counted',
    model: 'status',
    expireIn: LONG,
    keyFields: ['author.name'],
    valueFields: ['total', 'mean', 'least', 'most', 'counted'],
    rows: ({ author, entity }) =>
      entity.status === 'completed' ? [{ 'author.name': str(author.name), runtime: float8(entity.runtime) }] : [],
    group: {
      windowMs: 5 * MINUTE,
      by: ['author.name'],
      result(rows, by) {
        const runtimes = present(rows, 'runtime') as number[];
        const total = exactSum(runtimes);
        return {
          ...by,
          total: float8(total),
          mean: float8(total === null ? null : total / runtimes.length),
          least: float8(runtimes.length === 0 ? null : Math.min(...runtimes)),
          most: float8(runtimes.length === 0 ? null : Math.max(...runtimes)),
          counted: int8(runtimes.length),
        };
      },
    },
  },
  {
    name: 'quiet sources',
    query: 'from azul.binary group every 5m by source, action select count() as n where n < 4',
    model: 'binary',
    expireIn: LONG,
    keyFields: ['source', 'action'],
    valueFields: ['n', 'eventdate'],
    rows: ({ source, action }) => [{ source: str(source.name), action: str(action) }],
    group: {
      windowMs: 5 * MINUTE,
      by: ['source', 'action'],
      result: (rows, by) => (rows.length < 4 ? { ...by, n: int8(rows.length) } : undefined),
    },
  },
  {
    name: 'binaries by how many',
    query: 'from azul.binary group every 5m by source select count() as n, sum(size) as bytes',
    model: 'binary',
    expireIn: LONG,
    keyFields: ['source', 'n'],
    valueFields: ['bytes'],
    rows: ({ source, entity }) => [{ source: str(source.name), size: int8(entity.size) }],
    group: {
      windowMs: 5 * MINUTE,
      by: ['source'],
      result: (rows, by) => ({ ...by, n: int8(rows.length), bytes: int8(wholeSum(present(rows, 'size'))) }),
    },
  },
  {
    name: 'first and last',
    query:
      'from azul.binary group every 1h by sha256 select first(source) as one, last(path.filename) as name, nnfirst(mime) as type, nnlast(file_format) as format, max(size) as most',
    model: 'binary',
    expireIn: LONG,
    keyFields: ['sha256'],
    valueFields: ['one', 'name', 'type', 'format', 'most'],
    rows: ({ source, entity }) => [
      {
        sha256: str(entity.sha256),
        source: str(source.name),
        filename: str(source.path.at(-1).filename),
        mime: str(entity.mime),
        format: str(entity.file_format),
        size: int8(entity.size),
      },
    ],
    group: {
      windowMs: 60 * MINUTE,
      by: ['sha256'],
      result: (rows, by) => ({
        ...by,
        one: str(inOrder(rows, 'source')[0]),
        name: str(inOrder(rows, 'filename').at(-1)),
        type: str(present(rows, 'mime')[0]),
        format: str(present(rows, 'format').at(-1)),
        most: int8(present(rows, 'size').length === 0 ? null : Math.max(...(present(rows, 'size') as number[]))),
      }),
    },
  },
  {
    name: 'features in all',
    query: 'from azul.feature group every - by feature.name select count() as n, nnlast(feature.value) as latest',
    model: 'binary',
    expireIn: LONG,
    from: 1_772_323_200,
    to: 1_772_325_670,
    keyFields: ['feature.name'],
    valueFields: ['n', 'latest'],
    rows: everyFeature,
    group: {
      windowMs: undefined,
      by: ['name'],
      result: (rows, { name }) => ({ 'feature.name': name!, n: int8(rows.length), latest: str(present(rows, 'value').at(-1)) }),
    },
  },
  {
    name: 'when authors were seen',
    query: 'from azul.binary.enriched group every 1m by author.name',
    model: 'binary',
    expireIn: LONG,
    keyFields: ['eventdate', 'author.name'],
    valueFields: [],
    rows: ({ action, author }) => (action === 'enriched' ? [{ 'author.name': str(author.name) }] : []),
    group: { windowMs: MINUTE, by: ['author.name'], result: (_, by) => by },
  },
  {
    name: 'groups seen by low',
    query: 'from azul.binary group every 10m by sha256 select count() as n',
    model: 'binary',
    expireIn: LONG,
    labels: ['LOW'],
    keyFields: ['sha256'],
    valueFields: ['n'],
    rows: ({ entity }) => [{ sha256: str(entity.sha256) }],
    group: { windowMs: 10 * MINUTE, by: ['sha256'], result: (rows, by) => ({ ...by, n: int8(rows.length) }) },
  },
];
