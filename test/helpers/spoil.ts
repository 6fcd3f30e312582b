/** Documents of an arena, read and spoilt by hand. */
import { opensearch, type Arena } from './arena.js';

export interface RawHit {
  readonly _index: string;
  readonly _id: string;
  readonly _routing?: string;
  readonly _source: Readonly<Record<string, unknown>> & {
    readonly fold?: { readonly tokens: readonly string[]; readonly contributions: readonly Readonly<Record<string, unknown>>[] };
  };
}

/** All documents of a docname, at most 10,000, by index and id. */
export async function hits(arena: Arena, docname: string): Promise<RawHit[]> {
  const path = `/azul.*.${arena.partition}.${docname}*`;
  await opensearch('POST', `${path}/_refresh`);
  const { hits: found } = await opensearch<{ hits: { hits: RawHit[] } }>('POST', `${path}/_search?size=10000`, { sort: ['_doc'] });
  return found.hits.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** As a comparison names a document. */
export function nameOf({ _index, _id }: Pick<RawHit, '_index' | '_id'>): string {
  return `${_index} ${_id}`;
}

function path({ _index, _id, _routing }: Omit<RawHit, '_source'>, action: '_doc' | '_update'): string {
  const routing = _routing === undefined ? '' : `?routing=${encodeURIComponent(_routing)}`;
  return `/${_index}/${action}/${encodeURIComponent(_id)}${routing}`;
}

export async function change(hit: RawHit, fields: object): Promise<void> {
  await opensearch('POST', path(hit, '_update'), { doc: fields });
}

export async function remove(hit: Omit<RawHit, '_source'>): Promise<void> {
  await opensearch('DELETE', path(hit, '_doc'));
}

export async function put(hit: Omit<RawHit, '_source'>, source: object): Promise<void> {
  await opensearch('PUT', path(hit, '_doc'), source);
}

/** What `verify` and `repair` say with --json. */
export interface ComparisonResult {
  readonly missing: number;
  readonly extra: number;
  readonly different: number;
  readonly superseded: number;
  readonly unverifiable: number;
  readonly documents: number;
  readonly mended?: number;
  readonly failed?: number;
  readonly differences: readonly {
    readonly kind: string;
    readonly index: string;
    readonly id: string;
    readonly parent: boolean;
    readonly paths: readonly string[];
  }[];
}

/** Runs `verify` or `repair`. */
export async function compared(arena: Arena, args: readonly string[], expected = 0): Promise<ComparisonResult> {
  const { stdout } = await arena.run([...args, '--json', '--quiet'], {}, expected);
  return (JSON.parse(stdout) as { result: ComparisonResult }).result;
}

/** The differences, each as `kind index id paths`. */
export function told({ differences }: ComparisonResult): string[] {
  return differences.map(({ kind, index, id, paths }) => [kind, index, id, ...paths].join(' ')).sort();
}
