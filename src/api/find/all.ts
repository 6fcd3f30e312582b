/** All binaries that match a term, page by page in the order of their sha256 (spec 05 §7, 04 §6.2). */
import { wrapTerm } from '../../search/term/index.js';
import type { Reader } from '../reader.js';
import { PARENT_ID, SUBMITTED } from './candidates.js';
import { afterKey, afterText, type AfterText, type Page } from './page.js';
import type { SearchedTerm } from './term.js';

export interface AllQuestion {
  readonly term: SearchedTerm | undefined;
  readonly size: number;
  readonly after: AfterText;
}

export interface FoundHash {
  readonly sha256: string;
}

interface Aggregations {
  readonly COMPOSITE: { readonly buckets: readonly { readonly key: { readonly SHA256: string } }[] };
  readonly TOTAL?: { readonly value: number };
}

const KEY = 'SHA256';
/** Up to so many the total is as good as exact. */
const PRECISION = 1_000;

/** A term takes the place of the demand for a source. Throws 422 for a bad `after`. */
export async function findAll(reader: Reader, { term, size, after }: AllQuestion): Promise<Page<FoundHash>> {
  const from = afterKey(after, KEY);
  const composite = { size, sources: [{ [KEY]: { terms: { field: PARENT_ID } } }], ...(from && { after: from }) };
  const { aggregations } = await reader.search<never, Aggregations>({
    docname: 'binary2',
    body: {
      query: { bool: { filter: term === undefined ? [SUBMITTED] : wrapTerm(term.query) } },
      size: 0,
      aggs: {
        COMPOSITE: { composite },
        ...(from === undefined && { TOTAL: { cardinality: { field: PARENT_ID, precision_threshold: PRECISION } } }),
      },
    },
  });
  const items = (aggregations?.COMPOSITE.buckets ?? []).map(({ key }) => ({ sha256: key.SHA256 }));
  const total = aggregations?.TOTAL?.value ?? 0;
  const last = items.at(-1);
  return { items, ...(last && { after: afterText(KEY, last.sha256) }), ...(total > 0 && { total }) };
}
