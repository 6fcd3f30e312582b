/** The valid and invalid queries of spec 07 §12, verbatim. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compileQuery, LinqError } from '../../../../projections/collections/linq/index.js';
import { tableNamed } from '../../../../projections/collections/tables/index.js';

const test = suite('LINQ: the examples');

const VALID: readonly (readonly [query: string, columns: readonly string[] | undefined])[] = [
  ['from azul.binary.sourced', undefined],
  ['from azul.binary.sourced select *', undefined],
  ['from azul.binary.sourced select sha256, source limit 10', ['eventdate', 'sha256', 'source']],
  ['from azul.binary where source = "incident" select sha256', ['eventdate', 'sha256']],
  [
    'from azul.binary.extracted where size > 1048576 and mime = "application/zip" select sha256, parent.sha256',
    ['eventdate', 'sha256', 'parent.sha256'],
  ],
  ['from azul.status where status = "completed" or status = "opt-out" select author.name, sha256', ['eventdate', 'author.name', 'sha256']],
  [
    'from azul.status where status -> "error" select author.name, author.version, error',
    ['eventdate', 'author.name', 'author.version', 'error'],
  ],
  ['from azul.status where not isnull(error) select sha256, error', ['eventdate', 'sha256', 'error']],
  ['from azul.plugin select plugin.name, plugin.version', ['eventdate', 'plugin.name', 'plugin.version']],
  ['from azul.insert select parent.sha256, sha256', ['eventdate', 'parent.sha256', 'sha256']],
  ['from azul.delete where action = "submission" select delete.submission, reason', ['eventdate', 'delete.submission', 'reason']],
  ['from azul.download where action in ("failed", "failed-not-found") select hash', ['eventdate', 'hash']],
  ['from azul.download where pcap = true and not (category = "vt") select hash, category', ['eventdate', 'hash', 'category']],
  ['from azul.feature where feature.name = "domain" select feature.value as domain', ['eventdate', 'domain']],
  [
    'from azul.feature.enriched where feature.name = "port" and int(feature.value) >= 1024 select int(feature.value) as port, sha256',
    ['eventdate', 'port', 'sha256'],
  ],
  [
    'from azul.binary.enriched where has_feature("malware_family") select feature("malware_family") as family, sha256',
    ['eventdate', 'family', 'sha256'],
  ],
  ['from azul.binary.sourced select lower(path.filename) as filename, sha256', ['eventdate', 'filename', 'sha256']],
  ['from azul.binary.sourced where source.timestamp >= eventdate - 1h select sha256', ['eventdate', 'sha256']],
  ['from azul.binary.sourced select eventdate - source.timestamp as lag, sha256', ['eventdate', 'lag', 'sha256']],
  ['from azul.binary.sourced where size / 1024 > 0.5, size % 2 = 0 select sha256', ['eventdate', 'sha256']],
  ['from azul.status group every 5m by author.name, sha256 every 5m', ['eventdate', 'author.name', 'sha256']],
  ['from azul.status group every 5m by author.name, status every 15m select count() as n', ['eventdate', 'author.name', 'status', 'n']],
  ['from azul.status group every 1m select count() as n, avg(runtime) as mean', ['eventdate', 'n', 'mean']],
  [
    'from azul.status where status -> "error" group every 1h by author.name select count() as n where n > 5',
    ['eventdate', 'author.name', 'n'],
  ],
  [
    'from azul.feature group every 1d by feature.name, lower(feature.value) as value select count() as n, max(eventdate) as seen',
    ['eventdate', 'feature.name', 'value', 'n', 'seen'],
  ],
  ['from azul.binary group every - by source select count() as n', ['eventdate', 'source', 'n']],
  ['from azul.binary.sourced where ref("user") = "alice" select sha256, ref("user") as `by`', ['eventdate', 'sha256', 'by']],
  ['FROM azul.binary.sourced WHERE source /= "x" SELECT sha256 // trailing comment', ['eventdate', 'sha256']],
  ['from azul.binary.sourced\n/* two\n lines */\nwhere ip4(feature("ip")) = 10.0.0.1\nselect sha256', ['eventdate', 'sha256']],
  ['from azul.binary.sourced select sha256 pragma comment.id:"python-sdk" pragma comment.user:"alice"', ['eventdate', 'sha256']],
];

for (const [index, [query, columns]] of VALID.entries()) {
  test(`valid ${index + 1}: ${query}`, () => {
    const compiled = compileQuery(query, tableNamed);
    const names = compiled.columns.map(({ name }) => name);
    assert.equal(names, columns ?? tableNamed('azul.binary.sourced')!.columns.map(({ name }) => name));
  });
}

for (const [number, windowMs] of [
  [21, 300_000],
  [22, 900_000],
  [25, 86_400_000],
  [26, undefined],
] as const) {
  test(`the window of example ${number}`, () => {
    const { body } = compileQuery(VALID[number - 1]![0], tableNamed);
    assert.is(body.kind === 'grouped' ? body.windowMs : 'plain', windowMs);
  });
}

test('pragmas are no part of the text that a task shows', () => {
  assert.is(compileQuery(VALID[29]![0], tableNamed).text, 'from azul.binary.sourced select sha256');
});

/** What follows "expected" is not binding (spec 07 §12); it is written here as it comes. */
const INVALID: readonly (readonly [query: string, message: string])[] = [
  ['', "LINQ_SYNTAX: found end of query, expected 'from' at line 1, column 1"],
  ['select sha256', 'LINQ_SYNTAX: found "select", expected \'from\' at line 1, column 1'],
  ['from', 'LINQ_SYNTAX: found end of query, expected name at line 1, column 5'],
  ['from not', 'LINQ_SYNTAX: found "not", expected name at line 1, column 6'],
  ['from azul.binaries', "LINQ_UNKNOWN_TABLE: unknown table 'azul.binaries' at line 1, column 6"],
  ['from azul.binary.sourced where', 'LINQ_SYNTAX: found end of query, expected expression at line 1, column 31'],
  ['from azul.binary.sourced select sha265', "LINQ_UNKNOWN_COLUMN: unknown column 'sha265' at line 1, column 33"],
  ['from azul.binary.sourced where size = "big"', 'LINQ_TYPE: cannot compare int8 with str at line 1, column 37'],
  ['from azul.binary.sourced where size', 'LINQ_TYPE: expected bool, found int8 at line 1, column 32'],
  ["from azul.binary.sourced where sha256 = 'x'", "LINQ_LEX: unexpected character ''' at line 1, column 41"],
  ['from azul.binary.sourced where sha256 = "abc', 'LINQ_LEX: unterminated or malformed string at line 1, column 41'],
  ['from azul.status select count() as n', "LINQ_AGGREGATE: aggregate 'count' is not allowed here at line 1, column 25"],
  [
    'from azul.status group every 5m by author.name select runtime',
    "LINQ_NOT_GROUPED: column is not grouped: 'runtime' at line 1, column 55",
  ],
  [
    'from azul.status group every 10m by sha256 every 15m',
    'LINQ_PERIOD: client period must be a multiple of the server period at line 1, column 50',
  ],
  ['from azul.status group by', 'LINQ_SYNTAX: found end of query, expected expression at line 1, column 26'],
  ['from azul.status select upper(status)', "LINQ_ALIAS: expression needs 'as' at line 1, column 25"],
  ['from azul.status select sha256, sha256', "LINQ_DUPLICATE_COLUMN: duplicate column 'sha256' at line 1, column 33"],
  [
    'from azul.binary.sourced where now() - 30m < eventdate',
    "LINQ_FUNCTION_NOT_ALLOWED: function 'now' is not allowed in a task query at line 1, column 32",
  ],
  ['from azul.binary.sourced where foo(sha256)', "LINQ_UNKNOWN_FUNCTION: unknown function 'foo' at line 1, column 32"],
  ['from azul.binary.sourced where lower() = "x"', "LINQ_ARITY: 'lower' takes 1 argument(s), found 0 at line 1, column 32"],
  ['from azul.binary.sourced select sha256 limit 0', 'LINQ_RANGE: limit must be at least 1 at line 1, column 46'],
  ['from azul.binary.sourced where size > 99999999999999999999', 'LINQ_RANGE: integer out of int8 range at line 1, column 39'],
  ['from azul.binary.sourced limit 5 where size > 1', 'LINQ_SYNTAX: found "where", expected clause at line 1, column 34'],
  ['from azul.status\ngroup every 5m by author.name\nselect count() n', "LINQ_ALIAS: expression needs 'as' at line 3, column 8"],
  ['from azul.status group every 500ms', 'LINQ_PERIOD: period must be at least 1s at line 1, column 30'],
  ['from azul.status /* never', 'LINQ_LEX: unterminated comment at line 1, column 18'],
  [`from azul.status${' '.repeat(16_384)}`, 'LINQ_RANGE: query is longer than 16384 characters at line 1, column 16385'],
  [`from azul.status where ${'('.repeat(201)}true${')'.repeat(201)}`, 'LINQ_RANGE: more than 200 nested parentheses at line 1, column 224'],
  ['from azul.status where matches(status, "(")', 'LINQ_RANGE: pattern is no RE2 expression at line 1, column 40'],
  // Lexing comes first: what it finds wins over an earlier syntax problem.
  ["from not 'x'", "LINQ_LEX: unexpected character ''' at line 1, column 10"],
];

for (const [index, [query, message]] of INVALID.entries()) {
  test(`invalid ${index + 1}: ${query.slice(0, 80)}`, () => {
    try {
      compileQuery(query, tableNamed);
    } catch (error) {
      assert.instance(error, LinqError);
      assert.is((error as LinqError).message, message);
      return;
    }
    assert.unreachable('the query was taken');
  });
}

test('200 nested parentheses and a query of the greatest length are taken', () => {
  compileQuery(`from azul.status where ${'('.repeat(200)}true${')'.repeat(200)}`, tableNamed);
  compileQuery(`from azul.status where ${'lower('.repeat(199)}status${')'.repeat(199)} = "x"`, tableNamed);
  for (const part of ['true and ', 'true or ', 'not ', 'runtime + ', '- ']) {
    const rest = part === 'runtime + ' || part === '- ' ? 'runtime > 1' : 'true';
    const head = 'from azul.status where ';
    const query = head + part.repeat(Math.floor((16_384 - head.length - rest.length) / part.length)) + rest;
    const { body } = compileQuery(query, tableNamed);
    assert.is(body.kind, 'plain');
  }
});

test.run();
