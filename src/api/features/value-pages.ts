/** The values of one feature, page by page (spec 04 §9.3, 05 §8.1). */
import { pythonString } from '../../../projections/python-json.js';
import type { Fields, Query } from '../../access/query.js';
import { refused } from '../api-error.js';
import type { Reader } from '../reader.js';

/** Values read in one request when not all of them are wanted. */
const TERM_PAGE = 1_000;
const MAX_REQUESTS = 20;
const TOTAL_PRECISION = 1_000;

export interface ValuesWanted {
  readonly feature: string;
  /** Text that the values contain; "" = any. */
  readonly term: string;
  readonly caseInsensitive: boolean;
  readonly ascending: boolean;
  readonly count: number;
  readonly filters: readonly Query[];
  /** The value after which to go on. */
  readonly after: string | undefined;
}

export interface FoundValue {
  readonly value: string;
  /** Time of the newest document that has it. */
  readonly newest: string;
}

export interface FoundValues {
  readonly values: readonly FoundValue[];
  /** As the sample document says. */
  readonly type: string | undefined;
  /** Whether there are no more. */
  readonly complete: boolean;
  /** The value to go on after; undefined when there are no more. */
  readonly last: string | undefined;
  /** Of the first page only. */
  readonly total: number | undefined;
}

interface Page {
  readonly values: {
    readonly buckets: readonly { readonly key: { readonly VALUE: string }; readonly newest: { readonly value_as_string: string } }[];
  };
  readonly total?: { readonly value: number };
}

interface Sample {
  readonly features?: readonly { readonly name: string; readonly type?: string }[];
}

/** A regular expression of Lucene for texts that contain this one: all that could mean something there is escaped. */
export function containing(term: string): string {
  return `.*${term.replace(/[!-/:-@[-`{-~]/g, '\\$&')}.*`;
}

/** Reads a cursor: `{"VALUE": "…"}`, or nothing. Throws 422 for what is none. */
export function parseAfter(text: string | null | undefined): string | undefined {
  if (text === null || text === undefined || text === '') return undefined;
  try {
    const { VALUE: value, ...more } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (typeof value === 'string' && Object.keys(more).length === 0) return value;
  } catch {
    // Told below, like JSON of another shape.
  }
  throw refused(422, `Invalid after provided '${text}', after must be valid JSON!`);
}

/** The cursor as the peer spells it. */
export function afterText(value: string): string {
  return `{"VALUE": ${pythonString(value)}}`;
}

/** `after` undefined makes it the first request, which counts. */
export function pageBody(wanted: ValuesWanted, size: number, after: string | undefined): Fields {
  const field = `features_map.${wanted.feature}`;
  const having =
    wanted.term === ''
      ? { exists: { field } }
      : { regexp: { [field]: { value: containing(wanted.term), case_insensitive: wanted.caseInsensitive } } };
  const sources = [{ VALUE: { terms: { field, order: wanted.ascending ? 'asc' : 'desc' } } }];
  return {
    size: 1,
    track_total_hits: false,
    _source: ['features.name', 'features.type'],
    query: { bool: { filter: [having, ...wanted.filters] } },
    aggs: {
      values: {
        composite: { size, sources, ...(after !== undefined && { after: { VALUE: after } }) },
        aggs: { newest: { max: { field: 'timestamp' } } },
      },
      ...(after === undefined && { total: { cardinality: { field, precision_threshold: TOTAL_PRECISION } } }),
    },
  };
}

/** Whether a value has the term; documents are found by it, and have other values as well. */
function matcher({ term, caseInsensitive }: ValuesWanted): (value: string) => boolean {
  if (!caseInsensitive) return (value) => value.includes(term);
  const lower = term.toLowerCase();
  return (value) => value.toLowerCase().includes(lower);
}

/** Reads pages until there are enough values, or no more, or it has been asked too often. */
export async function readValues(reader: Reader, wanted: ValuesWanted): Promise<FoundValues> {
  const matches = matcher(wanted);
  const size = wanted.term === '' ? wanted.count : Math.max(TERM_PAGE, wanted.count);
  const kept: FoundValue[] = [];
  let rejected = 0;
  let type: string | undefined;
  let total: number | undefined;
  let last = wanted.after;
  let ended = false;
  for (let request = 0; request < MAX_REQUESTS && kept.length < wanted.count && !ended; request++) {
    const { hits, aggregations } = await reader.search<Sample, Page>({ docname: 'binary2', body: pageBody(wanted, size, last) });
    const buckets = aggregations?.values.buckets ?? [];
    type ??= hits.hits[0]?._source.features?.findLast(({ name }) => name === wanted.feature)?.type;
    total ??= aggregations?.total?.value;
    for (const { key, newest } of buckets) {
      if (matches(key.VALUE)) kept.push({ value: key.VALUE, newest: newest.value_as_string });
      else rejected++;
    }
    last = buckets.at(-1)?.key.VALUE ?? last;
    ended = buckets.length < size;
  }
  const values = kept.slice(0, wanted.count);
  const complete = ended && values.length < wanted.count;
  return {
    values,
    type,
    complete,
    last: complete ? undefined : kept.length >= wanted.count ? values.at(-1)!.value : last,
    total: wanted.after === undefined ? estimate(total ?? 0, { complete, kept: values.length, rejected }) : undefined,
  };
}

interface Progress {
  readonly complete: boolean;
  readonly kept: number;
  readonly rejected: number;
}

/** How many values there are: known when all are here, else taken to match as often as those that were read. */
function estimate(total: number, { complete, kept, rejected }: Progress): number {
  if (complete) return kept;
  return rejected === 0 ? total : Math.floor((total * kept) / (kept + rejected));
}
