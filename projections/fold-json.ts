/**
 * The `fold` object of a document as JSON: provenance that every document but the parent carries (spec 00 "Provenance").
 *
 * It is stored once per document, so names are short and defaults are left out:
 *
 * | where        | field           | meaning                                                  | absent means            |
 * | ------------ | --------------- | -------------------------------------------------------- | ----------------------- |
 * | fold         | `tokens`        | union of all contributions' tokens, sorted; indexed      |                         |
 * | fold         | `contributions` | list, the winner first                                   |                         |
 * | fold         | `truncated`     | true: more contributions existed than were kept          | false                   |
 * | contribution | `t` `p` `o`     | topic, partition, offset of the record (numbers)         |                         |
 * | contribution | `k`             | record key                                               |                         |
 * | contribution | `e`             | event key                                                | equal to `k`            |
 * | contribution | `ts`            | event time, µs since 1970 as decimal text                |                         |
 * | contribution | `rts`           | time of the record's own event, likewise                 | equal to `ts`           |
 * | contribution | `ik` `io`       | insert keys and their offsets                            | empty lists             |
 * | contribution | `s` `sts`       | source name, source time in µs as decimal text           | not a binary event      |
 * | contribution | `tk`            | this contribution's tokens, sorted                       |                         |
 * | contribution | `l`             | events that a derived child comes from: `ts` and `tk` of each | not derived        |
 *
 * Times are text because a reader that parses numbers as doubles would lose microseconds.
 */
import type { ContributionSet } from './contribution.js';
import type { Ancestor, Contribution } from './types.js';

/** Field names of the stored form, for everything that reads or merges it on the server. */
export const FOLD_FIELDS = {
  fold: 'fold',
  tokens: 'tokens',
  contributions: 'contributions',
  truncated: 'truncated',
  topic: 't',
  partition: 'p',
  offset: 'o',
  recordKey: 'k',
  eventKey: 'e',
  timestamp: 'ts',
  recordTimestamp: 'rts',
  insertKeys: 'ik',
  insertOffsets: 'io',
  source: 's',
  sourceTimestamp: 'sts',
  contributionTokens: 'tk',
  lineage: 'l',
} as const;

const F = FOLD_FIELDS;

function tokensJson(tokens: readonly string[]): string {
  // Tokens are letters, digits, `-` and `_` only: nothing to escape.
  return tokens.length === 0 ? '[]' : '["' + tokens.join('","') + '"]';
}

function contributionJson(c: Contribution, tokens: string): string {
  let json = `{"${F.topic}":${JSON.stringify(c.topic)},"${F.partition}":${c.partition},"${F.offset}":${c.offset},"${F.recordKey}":${JSON.stringify(c.recordKey)}`;
  if (c.eventKey !== c.recordKey) json += `,"${F.eventKey}":${JSON.stringify(c.eventKey)}`;
  json += `,"${F.timestamp}":"${c.timestamp.toString()}"`;
  if (c.recordTimestamp !== c.timestamp) json += `,"${F.recordTimestamp}":"${c.recordTimestamp.toString()}"`;
  if (c.insertKeys.length > 0) {
    json += `,"${F.insertKeys}":${JSON.stringify(c.insertKeys)},"${F.insertOffsets}":${JSON.stringify(c.insertOffsets)}`;
  }
  if (c.source !== undefined) json += `,"${F.source}":${JSON.stringify(c.source)}`;
  if (c.sourceTimestamp !== undefined) json += `,"${F.sourceTimestamp}":"${c.sourceTimestamp.toString()}"`;
  if (c.lineage !== undefined) json += `,"${F.lineage}":[${c.lineage.map(ancestorJson).join(',')}]`;
  return `${json},"${F.contributionTokens}":${tokens}}`;
}

function ancestorJson({ timestamp, tokens }: Ancestor): string {
  return `{"${F.timestamp}":"${timestamp.toString()}","${F.contributionTokens}":${tokensJson(tokens)}}`;
}

function tokenUnion(contributions: readonly Contribution[]): string[] {
  const union = new Set<string>();
  for (const c of contributions) for (const token of c.tokens) union.add(token);
  return [...union].sort();
}

/** JSON text of the `fold` object; `contributions` must be non-empty and the winner first, as `mergeContributions` gives them. */
export function foldJson(contributions: readonly Contribution[], truncated: boolean): string {
  const first = contributions[0]!;
  const end = truncated ? `],"${F.truncated}":true}` : ']}';
  if (contributions.length === 1) {
    const tokens = tokensJson(first.tokens);
    return `{"${F.tokens}":${tokens},"${F.contributions}":[${contributionJson(first, tokens)}${end}`;
  }
  const list = contributions.map((c) => contributionJson(c, tokensJson(c.tokens))).join(',');
  return `{"${F.tokens}":${tokensJson(tokenUnion(contributions))},"${F.contributions}":[${list}${end}`;
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new TypeError(`fold: field ${name} is ${JSON.stringify(value)}, expected a string`);
  return value;
}

function integer(fields: Fields, name: string): number {
  const value = fields[name];
  if (!Number.isSafeInteger(value)) throw new TypeError(`fold: field ${name} is ${JSON.stringify(value)}, expected an integer`);
  return value as number;
}

function list(fields: Fields, name: string, type: 'string' | 'number'): readonly unknown[] {
  const value = fields[name] ?? [];
  if (!Array.isArray(value) || !value.every((item) => typeof item === type)) {
    throw new TypeError(`fold: field ${name} is ${JSON.stringify(value)}, expected a list of type ${type}`);
  }
  return value;
}

function optionalText(fields: Fields, name: string): string | undefined {
  return fields[name] === undefined ? undefined : text(fields, name);
}

function contributionFrom(value: unknown): Contribution {
  if (!isFields(value)) throw new TypeError(`fold: contribution is ${JSON.stringify(value)}, expected an object`);
  const timestamp = text(value, F.timestamp);
  const sourceTimestamp = optionalText(value, F.sourceTimestamp);
  const recordKey = text(value, F.recordKey);
  const contribution: Contribution = {
    topic: text(value, F.topic),
    partition: integer(value, F.partition),
    recordKey,
    eventKey: optionalText(value, F.eventKey) ?? recordKey,
    insertKeys: list(value, F.insertKeys, 'string') as readonly string[],
    offset: integer(value, F.offset),
    insertOffsets: list(value, F.insertOffsets, 'number') as readonly number[],
    timestamp: BigInt(timestamp),
    recordTimestamp: BigInt(optionalText(value, F.recordTimestamp) ?? timestamp),
    source: optionalText(value, F.source),
    sourceTimestamp: sourceTimestamp === undefined ? undefined : BigInt(sourceTimestamp),
    tokens: list(value, F.contributionTokens, 'string') as readonly string[],
  };
  return value[F.lineage] === undefined ? contribution : { ...contribution, lineage: lineageFrom(value[F.lineage]) };
}

function lineageFrom(value: unknown): Ancestor[] {
  if (!Array.isArray(value) || !value.every(isFields))
    throw new TypeError(`fold: field ${F.lineage} is ${JSON.stringify(value)}, expected a list`);
  return value.map((ancestor) => ({
    timestamp: BigInt(text(ancestor, F.timestamp)),
    tokens: list(ancestor, F.contributionTokens, 'string') as readonly string[],
  }));
}

/** The contributions in a `fold` object that was read with a document. Throws a TypeError that names the field. */
export function foldFromSource(fold: unknown): ContributionSet {
  if (!isFields(fold)) throw new TypeError(`fold is ${JSON.stringify(fold)}, expected an object`);
  const contributions = fold[F.contributions];
  if (!Array.isArray(contributions)) throw new TypeError('fold: field contributions is missing, expected a list');
  return { contributions: contributions.map(contributionFrom), truncated: fold[F.truncated] === true };
}

/** Inverse of `foldJson`. */
export function parseFold(json: string): ContributionSet {
  return foldFromSource(JSON.parse(json));
}
