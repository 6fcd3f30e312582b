/** What is wrong with a request for a task: the table of spec 07 §3, each row and all together. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readTaskRequest } from '../../../src/collections/requests/index.js';

const test = suite('requests for tasks');

const NOW = Date.UTC(2026, 10, 25);
const CONTEXT = { domain: 'self', labels: ['s-any'], keyHash: 'md5', now: NOW } as const;

interface Body {
  [name: string]: unknown;
  destination: { type: unknown; params: Record<string, unknown> };
}

function body(): Body {
  return {
    query: 'from azul.status group every 5m by author.name, sha256 every 5m',
    from: 1515397834,
    to: null,
    mode: { type: 'json' },
    destination: {
      type: 'redis',
      params: {
        friendlyName: 'redis-001',
        description: 'd',
        expireIn: 300,
        keyFields: [{ name: 'author.name', type: 'str' }, 'sha256'],
        valueFields: ['sha256'],
      },
    },
  };
}

function problems(change: (body: Body) => void): readonly string[] {
  const changed = body();
  change(changed);
  const read = readTaskRequest(changed, CONTEXT);
  return read.kind === 'refused' ? read.problems : [];
}

const params = (change: Record<string, unknown>) => (given: Body) => void Object.assign(given.destination.params, change);
const top = (change: Record<string, unknown>) => (given: Body) => void Object.assign(given, change);

test('the example makes a task', () => {
  const read = readTaskRequest(body(), CONTEXT);
  assert.is(read.kind, 'task');
  if (read.kind !== 'task') return;
  const { id, ...record } = read.record;
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(record, {
    v: 1,
    rev: 1,
    domain: 'self',
    friendlyName: 'redis-001',
    description: 'd',
    expireIn: 300,
    keyFields: [
      { name: 'author.name', type: 'str' },
      { name: 'sha256', type: 'str' },
    ],
    valueFields: [{ name: 'sha256', type: 'str' }],
    query: 'from azul.status group every 5m by author.name, sha256 every 5m',
    from: 1515397834000,
    to: null,
    limit: null,
    keyHash: 'md5',
    redisKeyBase: 'self#98227faed75fdf73b5382bb5137a8f4e',
    labels: ['s-any'],
    status: 'CREATED',
    created: NOW,
    updated: NOW,
    sweep: false,
  });
});

const NAME = 'destination.params.friendlyName: must be a string of 1 to 128 characters';
const EXPIRY = 'destination.params.expireIn: must be an integer between 1 and 3153600000';
const KEYS = 'destination.params.keyFields: must be a non-empty list';
const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `f${index}`);

const ROWS: readonly (readonly [title: string, change: (body: Body) => void, expected: readonly string[]])[] = [
  ['query absent', top({ query: undefined }), ['query: is required']],
  ['query blank', top({ query: ' \n' }), ['query: is required']],
  ['query a number', top({ query: 5 }), ['query: is required']],
  ['queryId without query', top({ query: undefined, queryId: 'x' }), ['query: is required', 'queryId: is not supported']],
  [
    'an unknown table',
    top({ query: 'from siem.logtrust.web.activity select * limit 10' }),
    ["LINQ_UNKNOWN_TABLE: unknown table 'siem.logtrust.web.activity' at line 1, column 6"],
  ],
  ['another destination', (given) => void (given.destination.type = 'email'), ["destination.type: must be 'redis'"]],
  ['no params', (given) => void (given.destination = { type: 'redis', params: undefined as never }), ['destination.params: is required']],
  ['an unknown parameter', params({ expiresIn: 5 }), ['destination.params.expiresIn: unknown parameter']],
  ...[undefined, null, 5, '', ' x', 'x ', 'a\u0000', 'x'.repeat(129)].map(
    (name) => [`friendlyName ${JSON.stringify(name)}`, params({ friendlyName: name }), [NAME]] as const,
  ),
  ['a name of 128 code points', params({ friendlyName: '😀'.repeat(128) }), []],
  ['description a number', params({ description: 5 }), ['destination.params.description: must be a string']],
  ['description of 241', params({ description: '😀'.repeat(241) }), ['destination.params.description: must be at most 240 characters']],
  ['description of 240', params({ description: '😀'.repeat(240) }), []],
  ...[undefined, null, 0, -1, 1.5, '300', true, 3153600001].map(
    (expireIn) => [`expireIn ${JSON.stringify(expireIn)}`, params({ expireIn }), [EXPIRY]] as const,
  ),
  ...[undefined, null, [], 'sha256', {}, many(33)].map(
    (keyFields) => [`keyFields ${JSON.stringify(keyFields)?.slice(0, 20)}`, params({ keyFields }), [KEYS]] as const,
  ),
  [
    'an item that is neither',
    params({ keyFields: [5, { type: 'str' }, { name: 'sha256', x: 1 }] }),
    [0, 1, 2].map((index) => `destination.params.keyFields[${index}]: must be a name or {name,type}`),
  ],
  ['a duplicate', params({ keyFields: ['sha256', 'sha256'] }), ["destination.params.keyFields[1]: duplicate field 'sha256'"]],
  ['an unknown field', params({ keyFields: ['runtime'] }), ["destination.params.keyFields[0]: unknown field 'runtime'"]],
  [
    'another type',
    params({ keyFields: [{ name: 'sha256', type: 'int4' }] }),
    ["destination.params.keyFields[0]: type 'int4' does not match column type 'str'"],
  ],
  [
    'a type that there is not',
    params({ keyFields: [{ name: 'sha256', type: 'text' }] }),
    ["destination.params.keyFields[0]: type 'text' does not match column type 'str'"],
  ],
  ['value fields null', params({ valueFields: null }), []],
  ['value fields empty', params({ valueFields: [] }), []],
  ['an unknown value field', params({ valueFields: ['x'] }), ["destination.params.valueFields[0]: unknown field 'x'"]],
  ['too many value fields', params({ valueFields: many(65) }), ['destination.params.valueFields: must be a list of at most 64']],
  ['a bad from', top({ from: 'x' }), ["from: invalid date 'x'"]],
  ['a bad to', top({ to: 'x' }), ["to: invalid date 'x'"]],
  ['both bad', top({ from: 'x', to: 'y' }), ["from: invalid date 'x'", "to: invalid date 'y'"]],
  ['to before from', top({ from: 200, to: 100 }), ['to: must not be before from']],
  ['offset', top({ offset: 1 }), ['offset: not supported with a destination']],
  ['limit', top({ limit: 0 }), ['limit: must be at least 1']],
  [
    'a group without an end',
    top({ query: 'from azul.status group by author.name, sha256' }),
    ["LINQ_UNBOUNDED_GROUP: group without a period needs a finite 'to'"],
  ],
  ['a group with an end', top({ query: 'from azul.status group by author.name, sha256', to: 1515397835 }), []],
];

for (const [title, change, expected] of ROWS) test(title, () => assert.equal(problems(change), expected));

test('json is a value, not a key', () => {
  const change = (given: Body): void => {
    given.query = 'from azul.binary';
    Object.assign(given.destination.params, { keyFields: ['features'], valueFields: ['features'] });
  };
  assert.equal(problems(change), ["destination.params.keyFields[0]: type 'json' does not match column type 'json'"]);
});

test('an int4 column may be a wider key', () => {
  const change = (given: Body): void => {
    given.query = 'from azul.binary';
    Object.assign(given.destination.params, {
      keyFields: [{ name: 'retries', type: 'int8' }],
      valueFields: [{ name: 'retries', type: 'float8' }],
    });
  };
  assert.equal(problems(change), []);
});

test('all problems are told at once, in order', () => {
  const read = readTaskRequest(
    { query: 'from x', from: 'a', to: 'b', offset: 3, limit: 0, destination: { type: 'y', params: { z: 1 } } },
    CONTEXT,
  );
  assert.equal(read.kind === 'refused' ? read.problems : [], [
    "LINQ_UNKNOWN_TABLE: unknown table 'x' at line 1, column 6",
    "destination.type: must be 'redis'",
    'destination.params.z: unknown parameter',
    NAME,
    EXPIRY,
    KEYS,
    "from: invalid date 'a'",
    "to: invalid date 'b'",
    'offset: not supported with a destination',
    'limit: must be at least 1',
  ]);
  assert.equal(readTaskRequest([], CONTEXT), { kind: 'refused', problems: ['body: must be an object'] });
});

test('the smaller limit counts, pragmas are no part of the query', () => {
  const limited = body();
  limited.query = 'from azul.status select sha256 limit 7 pragma comment.id:"x"';
  limited.destination.params.keyFields = ['sha256'];
  limited.limit = 9;
  const read = readTaskRequest(limited, CONTEXT);
  assert.is(read.kind === 'task' && read.record.limit, 7);
  assert.is(read.kind === 'task' && read.record.query, 'from azul.status select sha256 limit 7');
});

test.run();
