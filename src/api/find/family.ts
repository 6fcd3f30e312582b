/** The parents or children of a binary, page by page in the order of their sha256 (spec 05 §7, 04 §6.3). */
import type { Hit, Reader } from '../reader.js';
import { afterKey, afterText, type AfterText, type Page } from './page.js';

export type Relation = 'parents' | 'children';

export interface Relative {
  readonly sha256: string;
  readonly track_link?: string;
  readonly author_name?: string;
  readonly author_category?: string;
  readonly timestamp?: string;
}

interface Author {
  readonly name?: string;
  readonly category?: string;
}

interface LinkDocument {
  readonly timestamp?: string;
  readonly track_link?: string;
  readonly author?: Author;
  readonly parent?: { readonly author?: Author };
}

interface Aggregations {
  readonly FAMILY: {
    readonly buckets: readonly {
      readonly key: { readonly sha256: string };
      readonly HITS: { readonly hits: { readonly hits: readonly Hit<LinkDocument>[] } };
    }[];
  };
  readonly TOTAL?: { readonly value: number };
}

const KEY = 'sha256';
const FAMILY_PAGE = 50;
const PRECISION = 1_000;
const SHOWN = ['timestamp', 'track_link', 'author.name', 'author.category', 'parent.author.name', 'parent.author.category'];
const FIELDS = {
  parents: { own: 'sha256', others: 'parent.sha256' },
  children: { own: 'parent.sha256', others: 'sha256' },
} as const;

function relativeOf(sha256: string, relation: Relation, { timestamp, track_link, author, parent }: LinkDocument): Relative {
  const { name, category } = (relation === 'parents' ? parent?.author : author) ?? {};
  return {
    sha256,
    ...(track_link !== undefined && { track_link }),
    ...(name !== undefined && { author_name: name }),
    ...(category !== undefined && { author_category: category }),
    ...(timestamp !== undefined && { timestamp }),
  };
}

/** What is told of each comes from its newest document that the caller may read. Throws 422 for a bad `after`. */
export async function findFamily(reader: Reader, relation: Relation, sha256: string, after: AfterText): Promise<Page<Relative>> {
  const { own, others } = FIELDS[relation];
  const from = afterKey(after, KEY);
  const composite = { size: FAMILY_PAGE, sources: [{ [KEY]: { terms: { field: others } } }], ...(from && { after: from }) };
  const HITS = { top_hits: { size: 1, _source: SHOWN, sort: [{ timestamp: { order: 'desc' } }] } };
  const { aggregations } = await reader.search<never, Aggregations>({
    docname: 'binary2',
    body: {
      query: { bool: { filter: [{ term: { [own]: sha256 } }] } },
      size: 0,
      aggs: {
        FAMILY: { composite, aggs: { HITS } },
        ...(from === undefined && { TOTAL: { cardinality: { field: others, precision_threshold: PRECISION } } }),
      },
    },
  });
  const items = (aggregations?.FAMILY.buckets ?? []).map(({ key, HITS: { hits } }) =>
    relativeOf(key.sha256, relation, hits.hits[0]!._source),
  );
  const total = aggregations?.TOTAL?.value ?? 0;
  const last = items.at(-1);
  return { items, ...(last && { after: afterText(KEY, last.sha256) }), ...(total > 0 && { total }) };
}
