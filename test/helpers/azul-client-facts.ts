/** What azul-client must be told about the fixture history by a server that hides nothing: read from the documents, with plain loops. */
import type { StoredDocument } from './api-history.js';

export interface BinarySource {
  readonly sha256: string;
  readonly action: string;
  readonly timestamp: string;
  readonly security: string;
  readonly depth: number;
  readonly size?: number;
  readonly md5?: string;
  readonly ssdeep?: string;
  readonly tlsh?: string;
  readonly file_format?: string;
  readonly sha256_author_action: string;
  readonly num_feature_values?: number;
  readonly author: { readonly name: string; readonly category: string; readonly version?: string };
  readonly parent?: { readonly sha256: string };
  readonly source?: { readonly name: string; readonly timestamp: string; readonly references: Readonly<Record<string, string>> };
  readonly features?: readonly { readonly name: string; readonly value: string; readonly type: string }[];
  readonly datastreams?: readonly { readonly sha256: string; readonly label: string }[];
  readonly info?: unknown;
  readonly track_source_references?: string;
  readonly encoded_security: { readonly exclusive: readonly string[] };
}

export interface Metadata {
  readonly id: string;
  readonly source: BinarySource;
}

export interface Facts {
  /** Children by binary. */
  readonly binaries: ReadonlyMap<string, readonly Metadata[]>;
  readonly children: readonly Metadata[];
  of(docname: StoredDocument['docname']): readonly StoredDocument[];
  /** Binaries of which some document is as asked, sorted. */
  where(matches: (source: BinarySource) => boolean): string[];
  /** Of the documents as asked, the greatest number of a binary goes first. */
  richest(matches: (source: BinarySource) => boolean): string;
  /** Tags that are not disabled. */
  tags(type: 'entity_tag' | 'fv_tag'): readonly Tag[];
}

export interface Tag {
  readonly type: string;
  readonly tag: string;
  readonly sha256?: string;
  readonly feature_name?: string;
  readonly feature_value?: string;
  readonly state?: string;
}

export function factsOf(documents: readonly StoredDocument[]): Facts {
  const binaries = new Map<string, Metadata[]>();
  const children: Metadata[] = [];
  for (const { docname, id, source } of documents) {
    if (docname !== 'binary2' || typeof source['sha256'] !== 'string') continue;
    const child = { id, source: source as unknown as BinarySource };
    children.push(child);
    binaries.set(child.source.sha256, [...(binaries.get(child.source.sha256) ?? []), child]);
  }
  const numbers = (matches: (source: BinarySource) => boolean): [string, number][] =>
    [...binaries].map(([sha256, list]) => [sha256, list.filter(({ source }) => matches(source)).length]);
  return {
    binaries,
    children,
    of: (docname) => documents.filter((document) => document.docname === docname),
    where: (matches) => numbers(matches).filter(([, n]) => n > 0).map(([sha256]) => sha256).sort(), // prettier-ignore
    richest: (matches) => numbers(matches).sort(([, a], [, b]) => b - a)[0]![0],
    tags: (type) =>
      documents
        .filter(({ docname }) => docname === 'annotation')
        .map(({ source }) => source as unknown as Tag)
        .filter((tag) => tag.type === type && tag.state !== 'disabled'),
  };
}

/** Sorted, each once. */
export function unique(values: Iterable<string | undefined>): string[] {
  return [...new Set(values)].filter((value) => value !== undefined).sort();
}

/** The instant that a text means, in milliseconds. */
export function instant(text: string): number {
  return Date.parse(text);
}

/** The newest of them in milliseconds. */
export function newest(texts: readonly string[]): number {
  return Math.max(...texts.map(instant));
}
