/** Whatever is sent as a query compiles or gives an error with a place, at once; and what compiles can be evaluated. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compileQuery, LinqError } from '../../../../projections/collections/linq/index.js';
import { rowsOf, tableNamed } from '../../../../projections/collections/tables/index.js';
import type { CompiledQuery, LinqType, LinqValue } from '../../../../projections/collections/types.js';
import { binaryEvent, feature } from '../binary/events.js';

const test = suite('LINQ fuzz');

const RUNS = 60_000;
const LIMIT_MS = 50;
/** A pause of the machine looks like a slow parse once, hardly three times in a row. */
const ATTEMPTS = 3;

const NAMES = ['sha256', 'size', 'source', 'eventdate', 'source.timestamp', 'features', 'flags.retry', 'n', 'x', '`by`', 'feature.value'];
const LITERALS = ['1', '0', '-1', '9223372036854775807', '9223372036854775808', '1.5', '1e308', '"a"', '""', '"\\u00e9"', '10.0.0.1', '999.0.0.1', '5m', '1h', '1ms', 'true', 'false', 'null']; // prettier-ignore
const OPERATORS = [
  '=',
  '!=',
  '/=',
  '<',
  '<=',
  '>',
  '>=',
  '->',
  '<-',
  '+',
  '-',
  '*',
  '/',
  '%',
  'and',
  'or',
  'not',
  'in',
  ',',
  '(',
  ')',
  '.',
  ':',
];
const FUNCTIONS = ['lower', 'length', 'substring', 'matches', 'int', 'str', 'float', 'bool', 'timestamp', 'ip4', 'ifthenelse', 'nvl', 'abs', 'round', 'feature', 'has_feature', 'ref', 'isnull', 'now', 'count', 'sum', 'avg', 'first', 'foo']; // prettier-ignore
const CLAUSES = ['from', 'where', 'select', 'group', 'every', 'by', 'as', 'limit', '*', 'pragma a:"b"', '// c\n', '/* c */', '/*', '"', "'", '\t', '\r\n', '😀', '\ud83d']; // prettier-ignore

const name = fc.constantFrom(...NAMES);
const token = fc.oneof(name, fc.constantFrom(...LITERALS, ...OPERATORS, ...FUNCTIONS, ...CLAUSES));
const noise = fc.array(token, { maxLength: 25 }).map((tokens) => tokens.join(' '));

/** Expressions that are right more often than not. */
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    name,
    fc.constantFrom(...LITERALS),
    fc.tuple(tie('expression'), fc.constantFrom(...OPERATORS.slice(0, 16)), tie('expression')).map((parts) => parts.join(' ')),
    fc
      .tuple(fc.constantFrom(...FUNCTIONS), fc.array(tie('expression'), { maxLength: 3 }))
      .map(([call, args]) => `${call}(${args.join(', ')})`),
    tie('expression').map((inner) => `(${inner})`),
    tie('expression').map((inner) => `not ${inner}`),
    fc
      .tuple(tie('expression'), fc.array(tie('expression'), { minLength: 1, maxLength: 3 }))
      .map(([one, list]) => `${one} in (${list.join(', ')})`),
  ),
}));
const group = fc.constantFrom(
  '',
  '',
  'group every 5m',
  'group every 1h by source',
  'group every 1m by sha256, size every 5m',
  'group every - by source',
);
const shaped = fc
  .tuple(fc.constantFrom('azul.binary', 'azul.binary.sourced', 'azul.feature'), expression, group, expression, expression)
  .map(([table, where, grouped, select, having]) => `from ${table} where ${where} ${grouped} select ${select} as x where ${having}`);
/** Whole numbers at the edges of their types, in any arithmetic. */
const { whole } = fc.letrec<{ whole: string }>((tie) => ({
  whole: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('size', 'features.count', 'kafka.offset', '7', '3', '-2', '2147483647', '9007199254740993', '9223372036854775807'),
    fc.tuple(tie('whole'), fc.constantFrom('+', '-', '*', '/', '%'), tie('whole')).map((parts) => `(${parts.join(' ')})`),
  ),
}));
const arithmetic = whole.map((one) => `from azul.feature select ${one} as x`);
const simple = fc.tuple(expression, expression).map(([a, b]) => `from azul.feature where ${a} = ${b}`);
const headed = noise.map((rest) => `from azul.binary ${rest}`);
const queries = fc.oneof(
  { arbitrary: simple, weight: 4 },
  { arbitrary: shaped, weight: 4 },
  { arbitrary: arithmetic, weight: 1 },
  { arbitrary: headed, weight: 2 },
  { arbitrary: noise, weight: 1 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 40 }), weight: 1 },
);

const rows = [
  binaryEvent({
    entity: { features: [feature({ name: 'domain', value: 'Example.com' }), feature({ name: 'ip', value: '10.0.0.1' })], size: 1_048_577 },
  }),
  binaryEvent({ entity: { sha256: undefined, size: 9_007_199_254_740_993n, features: [feature({ name: 'n', value: '-7' })] } }),
].flatMap((event) => rowsOf(tableNamed('azul.feature')!, { topic: 't', partition: 0, offset: 1, event }));

function compiled(query: string): CompiledQuery | LinqError {
  try {
    return compileQuery(query, tableNamed);
  } catch (error) {
    if (error instanceof LinqError) return error;
    throw error;
  }
}

function isOf(type: LinqType, value: LinqValue): boolean {
  if (value === null) return true;
  switch (type) {
    case 'str':
    case 'json':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'int8':
      return typeof value === 'bigint'
        ? value >= -(2n ** 63n) && value < 2n ** 63n && !Number.isSafeInteger(Number(value))
        : Number.isSafeInteger(value);
    case 'float8':
      return typeof value === 'number';
    case 'int4':
      return Number.isInteger(value) && Math.abs(value as number) <= 2 ** 31;
    case 'ip4':
      return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;
    default:
      return Number.isSafeInteger(value);
  }
}

/** Values that a query gives are of the types that it says. */
function evaluate({ columns, body, table }: CompiledQuery): number {
  let taken = 0;
  for (const row of rows) {
    if (body.kind === 'grouped') {
      const by = body.groupOf(row);
      if (by === undefined) continue;
      taken++;
      body.by.forEach(({ type, name: column }, at) => assert.ok(isOf(type, by[at]!), `${column} of ${type}: ${String(by[at])}`));
      const values = body.evaluate({ by, eventdate: row.eventdate, aggregates: body.aggregates.map(() => null) });
      if (values !== undefined) columns.forEach(({ type, name: column }, at) => assert.ok(isOf(type, values[at]!), `${column} of ${type}: ${String(values[at])}`)); // prettier-ignore
      continue;
    }
    if (!table.perFeature && row.feature > 0) continue;
    const values = body.evaluate(row);
    if (values === undefined) continue;
    taken++;
    columns.forEach(({ type, name: column }, at) => assert.ok(isOf(type, values[at]!), `${column} of ${type}: ${String(values[at])}`));
  }
  return taken;
}

function checkPlace(query: string, { line, column }: LinqError): void {
  const lines = query.split(/\r\n|\n|\r/);
  assert.ok(line >= 1 && line <= lines.length, `line ${line} of ${lines.length}`);
  assert.ok(column >= 1 && column <= lines[line - 1]!.length + 1, `column ${column} of ${lines[line - 1]!.length}`);
}

test(`compiles or refuses ${RUNS} queries, each within ${LIMIT_MS} ms`, () => {
  let [taken, right] = [0, 0];
  const codes = new Map<string, number>();
  fc.assert(
    fc.property(queries, (query) => {
      let attempt = 0;
      let result: CompiledQuery | LinqError;
      for (;;) {
        const from = performance.now();
        result = compiled(query);
        if (performance.now() - from <= LIMIT_MS) break;
        assert.ok(++attempt < ATTEMPTS, `over ${LIMIT_MS} ms`);
      }
      if (result instanceof LinqError) {
        codes.set(result.code, (codes.get(result.code) ?? 0) + 1);
        checkPlace(query, result);
      } else {
        right++;
        taken += evaluate(result);
      }
    }),
    { numRuns: RUNS },
  );
  // No kind of answer may be a rarity, or the queries are no test.
  assert.ok(right > RUNS / 50, `${right} queries`);
  assert.ok(taken > RUNS / 100, `${taken} rows`);
  for (const code of [
    'LINQ_SYNTAX',
    'LINQ_LEX',
    'LINQ_TYPE',
    'LINQ_UNKNOWN_COLUMN',
    'LINQ_ARITY',
    'LINQ_FUNCTION_NOT_ALLOWED',
    'LINQ_RANGE',
    'LINQ_AGGREGATE',
    'LINQ_UNKNOWN_FUNCTION',
  ])
    // prettier-ignore
    assert.ok((codes.get(code) ?? 0) > 10, `${code}: ${codes.get(code) ?? 0} of ${JSON.stringify([...codes])}`);
});

test('takes its time in proportion to the length of a query, whatever it is made of', () => {
  const head = 'from azul.binary where ';
  const fill = (part: string, end: string): string => head + part.repeat(Math.floor((16_000 - head.length) / part.length)) + end;
  const worst = [fill('(', ''), fill('not ', 'x'), fill('-', '1'), fill('a.', 'b'), fill('"', ''), fill('/*', ''), fill('1+', '1'), fill('size in (1,', '1'), fill('lower(', ''), fill('/* */', 'true'), fill('`a`.', 'b'), fill('true or true and ', 'true')]; // prettier-ignore
  for (const query of worst) {
    let best = Infinity;
    for (let attempt = 0; attempt < ATTEMPTS && best > 500; attempt++) {
      const from = performance.now();
      const result = compiled(query);
      best = Math.min(best, performance.now() - from);
      if (result instanceof LinqError) checkPlace(query, result);
    }
    assert.ok(best <= 500, `${query.slice(0, 40)}: ${best} ms`);
  }
});

test.run();
