/** Links between binaries and to sources, as the searches around a binary find them (spec 04 §6.10, 05 §10). */
import { compareCodePoints } from '../../../projections/code-points.js';
import type { RawJson } from '../../../projections/types.js';
import { exactValue } from '../../opensearch/source-texts.js';
import type { SearchAnswer } from '../reader.js';
import { nodeOf, type EventSource, type PathNode } from './nodes.js';
import type { StoredNode, StoredSource } from './stored.js';

export interface NearbyLink {
  readonly id: string;
  readonly child: string;
  /** Of a link to a parent. */
  readonly parent?: string;
  readonly child_node: PathNode;
  /** Of a link to a source. */
  readonly source?: EventSource;
}

interface LinkDocument extends StoredNode {
  readonly sha256_author_action: string;
}

interface ParentDocument extends LinkDocument {
  readonly parent: { readonly sha256: string; readonly encoded: { readonly sha256_author_action: string } };
}

interface SourceDocument extends LinkDocument {
  readonly source: StoredSource;
  readonly track_source_references: string;
}

interface Hits {
  readonly buckets: readonly { readonly hit: { readonly hits: { readonly hits: readonly { readonly _source: RawJson }[] } } }[];
}

export interface NearbyAggregations {
  readonly binaries: {
    readonly buckets: readonly { readonly links: Hits; readonly sources?: { readonly names: Hits } }[];
  };
}

/** The links of an answer: to sources, and to parents except a binary's to itself. */
export function linksOf({ aggregations }: SearchAnswer<RawJson, NearbyAggregations>): NearbyLink[] {
  return (aggregations?.binaries.buckets ?? []).flatMap(({ links, sources }) => [
    ...(sources === undefined ? [] : documentsOf<SourceDocument>(sources.names).map(sourceLink)),
    ...documentsOf<ParentDocument>(links)
      .filter(({ sha256, parent }) => sha256 !== parent.sha256)
      .map(parentLink),
  ]);
}

function documentsOf<T>({ buckets }: Hits): T[] {
  return buckets.map(({ hit }) => exactValue(hit.hits.hits[0]!._source) as T);
}

function sourceLink(document: SourceDocument): NearbyLink {
  const { source, track_source_references, sha256, sha256_author_action } = document;
  return {
    id: `${sha256_author_action}${source.name}`,
    child: sha256,
    child_node: nodeOf(document),
    source: { ...source, track_source_references },
  };
}

function parentLink(document: ParentDocument): NearbyLink {
  const { sha256, parent, sha256_author_action } = document;
  return {
    id: `${sha256_author_action}.${parent.encoded.sha256_author_action}`,
    child: sha256,
    parent: parent.sha256,
    child_node: nodeOf(document),
  };
}

/** By child; those that know its format last, because of several nodes of a binary a client may keep the last. */
export function sortLinks(links: Iterable<NearbyLink>): NearbyLink[] {
  return [...links].sort(
    (a, b) =>
      compareCodePoints(a.child, b.child) ||
      Number(hasFormat(a)) - Number(hasFormat(b)) ||
      compareCodePoints(a.source?.name ?? '', b.source?.name ?? '') ||
      compareCodePoints(a.parent ?? '', b.parent ?? ''),
  );
}

function hasFormat({ child_node: { file_format } }: NearbyLink): boolean {
  return file_format !== undefined && file_format !== '';
}
