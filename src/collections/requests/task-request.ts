/** The body of a request for a task to the task's record, or all that is wrong with it, in the order of spec 07 §3. */
import { randomUUID } from 'node:crypto';
import { countCodePoints } from '../../../projections/code-points.js';
import { DateError, readRange, type TaskRange } from '../../../projections/collections/dates.js';
import { redisKeyBase, type KeyHashAlgorithm } from '../../../projections/collections/key.js';
import { compileQuery, LinqError } from '../../../projections/collections/linq/index.js';
import { tableNamed } from '../../../projections/collections/tables/index.js';
import type { CompiledQuery } from '../../../projections/collections/types.js';
import type { TaskRecord } from '../types.js';
import { readFields } from './fields.js';

export interface RequestContext {
  readonly domain: string;
  /** What the creator may read, in safe form. */
  readonly labels: readonly string[];
  readonly keyHash: KeyHashAlgorithm;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export type ReadRequest =
  { readonly kind: 'task'; readonly record: TaskRecord } | { readonly kind: 'refused'; readonly problems: readonly string[] };

type Fields = Readonly<Record<string, unknown>>;

const PARAMS = ['friendlyName', 'description', 'expireIn', 'keyFields', 'valueFields'] as const;
const MAX_NAME = 128;
const MAX_DESCRIPTION = 240;
const MAX_EXPIRE_IN = 3_153_600_000;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Says of the whole body what is wrong; of the query only the first thing, of all else everything. */
export function readTaskRequest(body: unknown, context: RequestContext): ReadRequest {
  if (!isFields(body)) return { kind: 'refused', problems: ['body: must be an object'] };
  const problems: string[] = [];
  const query = readQuery(body, problems);
  const destination = isFields(body.destination) ? body.destination : {};
  if (destination.type !== 'redis') problems.push("destination.type: must be 'redis'");
  const { params } = destination;
  if (!isFields(params)) problems.push('destination.params: is required');
  const read = readParams(isFields(params) ? params : undefined, query, problems);
  const range = readDates(body, read.expireIn, context.now, problems);
  const limit = readLimit(body, query, problems);
  if (query?.body.kind === 'grouped' && query.body.windowMs === undefined && range !== undefined && range.to === null) {
    problems.push("LINQ_UNBOUNDED_GROUP: group without a period needs a finite 'to'");
  }
  if (problems.length > 0 || query === undefined || range === undefined) return { kind: 'refused', problems };
  const { domain, labels, keyHash, now } = context;
  return {
    kind: 'task',
    record: {
      v: 1,
      rev: 1,
      id: randomUUID(),
      domain,
      ...read,
      query: query.text,
      ...range,
      limit,
      keyHash,
      redisKeyBase: redisKeyBase(domain, read.friendlyName),
      labels: [...labels],
      status: 'CREATED',
      created: now,
      updated: now,
      sweep: false,
    },
  };
}

function readQuery(body: Fields, problems: string[]): CompiledQuery | undefined {
  const { query } = body;
  if (typeof query !== 'string' || query.trim() === '') {
    problems.push('query: is required');
    if (body.queryId !== undefined) problems.push('queryId: is not supported');
    return undefined;
  }
  try {
    return compileQuery(query, tableNamed);
  } catch (error) {
    if (!(error instanceof LinqError)) throw error;
    problems.push(error.message);
    return undefined;
  }
}

type Params = Pick<TaskRecord, (typeof PARAMS)[number]>;

/** `params` undefined: that has been told already. */
function readParams(params: Fields | undefined, query: CompiledQuery | undefined, problems: string[]): Params {
  const nothing: Params = { friendlyName: '', description: '', expireIn: 1, keyFields: [], valueFields: [] };
  if (params === undefined) return nothing;
  for (const name of Object.keys(params)) {
    if (!(PARAMS as readonly string[]).includes(name)) problems.push(`destination.params.${name}: unknown parameter`);
  }
  const { friendlyName, description, expireIn } = params;
  if (!isName(friendlyName)) problems.push(`destination.params.friendlyName: must be a string of 1 to ${MAX_NAME} characters`);
  const text = description ?? '';
  if (typeof text !== 'string') problems.push('destination.params.description: must be a string');
  else if (countCodePoints(text) > MAX_DESCRIPTION) {
    problems.push(`destination.params.description: must be at most ${MAX_DESCRIPTION} characters`);
  }
  const seconds = isExpiry(expireIn) ? expireIn : undefined;
  if (seconds === undefined) problems.push(`destination.params.expireIn: must be an integer between 1 and ${MAX_EXPIRE_IN}`);
  const columns = query?.columns;
  const keys = readFields('keyFields', params.keyFields, columns);
  const values = readFields('valueFields', params.valueFields, columns);
  problems.push(...keys.problems, ...values.problems);
  return {
    friendlyName: isName(friendlyName) ? friendlyName : '',
    description: typeof text === 'string' ? text : '',
    expireIn: seconds ?? 1,
    keyFields: keys.fields,
    valueFields: values.fields,
  };
}

function isName(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || value !== value.trim()) return false;
  return countCodePoints(value) <= MAX_NAME && !/\p{Cc}/u.test(value);
}

function isExpiry(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_EXPIRE_IN;
}

function readDates(body: Fields, expireIn: number, now: number, problems: string[]): TaskRange | undefined {
  const { from, to, timeZone } = body;
  const zone = typeof timeZone === 'string' ? timeZone : undefined;
  try {
    return readRange({ from, to, timeZone: zone, expireIn }, now);
  } catch (error) {
    if (!(error instanceof DateError)) throw error;
    problems.push(error.message);
    // The other one may be wrong as well.
    if (error.message.startsWith('from: invalid')) {
      try {
        readRange({ from: now / 1_000 - 1, to, timeZone: zone, expireIn }, now);
      } catch (second) {
        if (second instanceof DateError && second.message.startsWith('to: invalid')) problems.push(second.message);
      }
    }
    return undefined;
  }
}

/** The smaller of the query's and the body's. */
function readLimit(body: Fields, query: CompiledQuery | undefined, problems: string[]): number | null {
  const { offset, limit } = body;
  if (offset !== undefined && offset !== null && offset !== 0) problems.push('offset: not supported with a destination');
  const own = query?.limit ?? null;
  if (limit === undefined || limit === null) return own;
  if (typeof limit !== 'number' || !Number.isSafeInteger(limit) || limit < 1) {
    problems.push('limit: must be at least 1');
    return own;
  }
  return own === null ? limit : Math.min(own, limit);
}
