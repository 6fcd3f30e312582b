/** What every operator and function of LINQ gives (spec 07 §12), over one event. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseTime } from '../../../../schemas/time.js';
import { compileQuery, LinqError } from '../../../../projections/collections/linq/index.js';
import { rowsOf, tableNamed } from '../../../../projections/collections/tables/index.js';
import type { LinqType, LinqValue } from '../../../../projections/collections/types.js';
import { binaryEvent, feature } from '../binary/events.js';

const test = suite('LINQ values');

const event = binaryEvent({
  event: { timestamp: parseTime('2018-01-08T07:55:34.810999Z'), retries: 3 },
  entity: {
    size: 1_048_576,
    mime: 'text/Ünï 😀',
    magic: ' x ',
    features: [
      feature({ name: 'port', value: '8080' }),
      feature({ name: 'ip', value: '10.0.0.1' }),
      feature({ name: 'port', value: '22' }),
    ],
  },
  source: { timestamp: parseTime('2018-01-08T07:00:00.0005Z'), references: { user: 'alice', b: 'x' } },
});
const [row] = rowsOf(tableNamed('azul.binary')!, { topic: 't', partition: 0, offset: 1, event });

const EVENTDATE = 1_515_398_134_810;

/** `ssdeep` is null, `size` int8 1048576, `retries` int4 3, `mime` "text/Ünï 😀". */
const VALUES: readonly (readonly [expression: string, type: LinqType, value: LinqValue])[] = [
  // Literals.
  ['1', 'int4', 1],
  ['2147483648', 'int8', 2_147_483_648],
  ['-2147483647', 'int4', -2_147_483_647],
  ['-2147483648', 'int8', -2_147_483_648],
  ['-9223372036854775808', 'int8', -9_223_372_036_854_775_808n],
  ['9007199254740993', 'int8', 9_007_199_254_740_993n],
  ['1.5', 'float8', 1.5],
  ['2e3', 'float8', 2_000],
  ['"a\\u00e9\\n\\"/\\/"', 'str', 'aé\n"//'],
  ['5m', 'duration', 300_000],
  ['2w', 'duration', 1_209_600_000],
  ['10.0.0.1', 'ip4', 167_772_161],
  ['255.255.255.255', 'ip4', 4_294_967_295],
  ['true', 'bool', true],
  // Columns.
  ['eventdate', 'timestamp', EVENTDATE],
  ['source.timestamp', 'timestamp', 1_515_394_800_000],
  ['source.references', 'json', '{"b":"x","user":"alice"}'],
  ['ssdeep', 'str', null],
  // Arithmetic.
  ['1 + 2 * 3 - 4', 'int8', 3],
  ['(1 + 2) * 3', 'int8', 9],
  ['7 % 3', 'int8', 1],
  ['-7 % 3', 'int8', -1],
  ['7 % 0', 'int8', null],
  ['7 / 2', 'float8', 3.5],
  ['7 / 0', 'float8', null],
  ['7.5 % 2', 'float8', 1.5],
  ['0.1 + 0.2', 'float8', 0.1 + 0.2],
  ['size + 9223372036854775807', 'int8', null],
  ['9007199254740991 + 1', 'int8', 9_007_199_254_740_992n],
  ['9007199254740993 - 9007199254740992', 'int8', 1],
  ['3037000500 * 3037000500', 'int8', null],
  ['-size', 'int8', -1_048_576],
  ['- -size', 'int8', 1_048_576],
  ['-1.5', 'float8', -1.5],
  ['eventdate - source.timestamp', 'duration', 3_334_810],
  ['eventdate - 1h', 'timestamp', EVENTDATE - 3_600_000],
  ['1h + eventdate', 'timestamp', EVENTDATE + 3_600_000],
  ['1h - 30m', 'duration', 1_800_000],
  ['size + null', 'int8', null],
  ['null / 2', 'float8', null],
  // Comparisons; null compares to false.
  ['size = 1048576', 'bool', true],
  ['size = 1048576.0', 'bool', true],
  ['retries < size', 'bool', true],
  ['size /= 1', 'bool', true],
  ['size != 1048576', 'bool', false],
  ['ssdeep = null', 'bool', false],
  ['ssdeep != "x"', 'bool', false],
  ['not (ssdeep != "x")', 'bool', true],
  ['size >= null', 'bool', false],
  ['9007199254740993 > 9007199254740992', 'bool', true],
  ['9007199254740993 = 9007199254740992.0', 'bool', false],
  ['"a" < "b"', 'bool', true],
  ['"Z" < "a"', 'bool', true],
  ['"\\uffff" < "\\ud83d\\ude00"', 'bool', true],
  ['eventdate > source.timestamp', 'bool', true],
  ['10.0.0.1 < 10.0.0.2', 'bool', true],
  ['1h > 59m', 'bool', true],
  ['mime -> "Ünï"', 'bool', true],
  ['mime -> "ünï"', 'bool', false],
  ['"Ünï" <- mime', 'bool', true],
  ['mime <- "Ünï"', 'bool', false],
  ['ssdeep -> ""', 'bool', false],
  ['size in (1, 1048576)', 'bool', true],
  ['size not in (1, 2)', 'bool', true],
  ['source in ("s1", "s2")', 'bool', true],
  ['ssdeep in ("a", null)', 'bool', false],
  // Logic.
  ['true and false or true', 'bool', true],
  ['true or true and false', 'bool', true],
  ['not true or true', 'bool', true],
  ['not ssdeep = "x" and true', 'bool', true],
  // Functions.
  ['isnull(ssdeep)', 'bool', true],
  ['isnotnull(ssdeep)', 'bool', false],
  ['isempty("")', 'bool', true],
  ['isempty(ssdeep)', 'bool', true],
  ['isempty("a")', 'bool', false],
  ['length(mime)', 'int4', 10],
  ['length(ssdeep)', 'int4', null],
  ['lower("ÄbC")', 'str', 'äbc'],
  ['upper("äbC")', 'str', 'ÄBC'],
  ['trim(magic)', 'str', 'x'],
  ['substring(mime, 5, 3)', 'str', 'Ünï'],
  ['substring(mime, 9, 5)', 'str', '😀'],
  ['substring("abc", -2, 2)', 'str', 'ab'],
  ['substring("abc", 5, 1)', 'str', ''],
  ['startswith(mime, "text/")', 'bool', true],
  ['endswith(mime, "text/")', 'bool', false],
  ['has(mime, "Ünï")', 'bool', true],
  ['has(mime, "ÜNÏ")', 'bool', false],
  ['weakhas(mime, "ÜNÏ")', 'bool', true],
  ['matches(mime, "^text/.+$")', 'bool', true],
  ['matches(mime, "^text/$")', 'bool', false],
  ['matches(ssdeep, ".*")', 'bool', null],
  ['str(1)', 'str', '1'],
  ['str(9007199254740993)', 'str', '9007199254740993'],
  ['str(1.5)', 'str', '1.5'],
  ['str(true)', 'str', 'true'],
  ['str(10.0.0.1)', 'str', '10.0.0.1'],
  ['str(eventdate)', 'str', '2018-01-08T07:55:34.810Z'],
  ['int("42")', 'int8', 42],
  ['int(" -7 ")', 'int8', -7],
  ['int("4x")', 'int8', null],
  ['int("9223372036854775808")', 'int8', null],
  ['int(1.9)', 'int8', 1],
  ['int(-1.9)', 'int8', -1],
  ['int(true)', 'int8', 1],
  ['int(eventdate)', 'int8', EVENTDATE],
  ['float("1e3")', 'float8', 1_000],
  ['float("0x10")', 'float8', null],
  ['float(size)', 'float8', 1_048_576],
  ['bool("TRUE")', 'bool', true],
  ['bool("yes")', 'bool', null],
  ['bool(0)', 'bool', false],
  ['timestamp("2018-01-08T07:55:34.810Z")', 'timestamp', EVENTDATE],
  ['timestamp("2018-01-08 08:55:34.810+01:00")', 'timestamp', EVENTDATE],
  ['timestamp("2018-01-08")', 'timestamp', 1_515_369_600_000],
  ['timestamp("2018-02-30")', 'timestamp', null],
  ['timestamp(1515398134810)', 'timestamp', EVENTDATE],
  ['ip4("10.0.0.1")', 'ip4', 167_772_161],
  ['ip4("10.0.0.256")', 'ip4', null],
  ['ip4(167772161)', 'ip4', 167_772_161],
  ['ifthenelse(size > 1, "big", "small")', 'str', 'big'],
  ['ifthenelse(ssdeep = "", 1, 2)', 'int4', 2],
  ['ifthenelse(true, 1, 2147483648)', 'int8', 1],
  ['nvl(ssdeep, "none")', 'str', 'none'],
  ['nvl(mime, "none")', 'str', 'text/Ünï 😀'],
  ['abs(-5)', 'int8', 5],
  ['abs(-1.5)', 'float8', 1.5],
  ['floor(-1.5)', 'float8', -2],
  ['ceil(1.2)', 'float8', 2],
  ['round(2.5)', 'float8', 3],
  ['feature("port")', 'str', '8080'],
  ['feature("none")', 'str', null],
  ['int(feature("port")) + 1', 'int8', 8_081],
  ['has_feature("port")', 'bool', true],
  ['has_feature("port", "22")', 'bool', true],
  ['has_feature("port", "23")', 'bool', false],
  ['ref("user")', 'str', 'alice'],
  ['ref("none")', 'str', null],
  ['ip4(feature("ip")) = 10.0.0.1', 'bool', true],
];

for (const [expression, type, value] of VALUES) {
  test(expression, () => {
    const { columns, body } = compileQuery(`from azul.binary select ${expression} as x`, tableNamed);
    const place = columns.findIndex(({ name }) => name === 'x');
    assert.is(columns[place]!.type, type);
    const found = body.kind === 'plain' ? body.evaluate(row!)![place] : undefined;
    assert.ok(Object.is(found, value), `found ${String(found)} (${typeof found}), expected ${String(value)} (${typeof value})`);
  });
}

/** What does not go together is told where it stands. */
const MISFITS: readonly (readonly [expression: string, text: string])[] = [
  ['size + "1"', "cannot apply '+' to int8 and str"],
  ['eventdate + eventdate', "cannot apply '+' to timestamp and timestamp"],
  ['1h * 2', "cannot apply '*' to duration and int4"],
  ['-mime', "cannot apply '-' to str"],
  ['mime > 1', 'cannot compare str with int4'],
  ['features < features', 'cannot compare json with json'],
  ['size -> "1"', 'cannot compare int8 with str'],
  ['lower(size)', 'expected str, found int8'],
  ['ifthenelse(size, 1, 2)', 'expected bool, found int8'],
  ['ifthenelse(true, 1, "2")', 'expected int4, found str'],
  ['nvl(size, "x")', 'expected int8, found str'],
  ['not size', 'expected bool, found int8'],
];

for (const [expression, text] of MISFITS) {
  test(`${expression} is refused`, () => {
    try {
      compileQuery(`from azul.binary select ${expression} as x`, tableNamed);
    } catch (error) {
      assert.instance(error, LinqError);
      assert.equal([(error as LinqError).code, (error as LinqError).text], ['LINQ_TYPE', text]);
      return;
    }
    assert.unreachable('the query was taken');
  });
}

test('a filter takes a row only for true: false and null refuse it', () => {
  for (const [condition, taken] of [
    ['size > 1', true],
    ['size > 2000000', false],
    ['bool(ssdeep)', false],
    ['matches(ssdeep, "")', false],
    ['null', false],
  ] as const) {
    // prettier-ignore
    const { body } = compileQuery(`from azul.binary where ${condition}`, tableNamed);
    assert.is(body.kind === 'plain' && body.evaluate(row!) !== undefined, taken, condition);
  }
});

test.run();
