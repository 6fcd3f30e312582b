/** Documents as the removal reads them: their `fold`, and what guards a change to them. */
import { foldFromSource } from '../../projections/fold-json.js';
import { documentKey, type Guard } from '../sinks/operations.js';
import type { StoredFold } from './retraction.js';

/** A document as it was read. */
export interface StoredDocument extends StoredFold, Guard {}

/** The fields of `_source` that are read: neither the body nor the union of tokens. */
export const FOLD_SOURCE: readonly string[] = ['fold.contributions', 'fold.truncated', 'fold.owed'];

/** A hit of a search, or an item of `_mget`. */
export interface RawDocument {
  readonly _index: string;
  readonly _id: string;
  readonly _routing?: string;
  readonly _seq_no: number;
  readonly _primary_term: number;
  readonly _source?: { readonly fold?: { readonly owed?: boolean } };
}

/**
 * Undefined for a document without `fold`: azul-metastore wrote it, and nothing of metafold's is in it.
 * Throws a TypeError for a `fold` that metafold can't have written.
 */
export function storedDocument(raw: RawDocument): StoredDocument | undefined {
  const fold = raw._source?.fold;
  if (fold === undefined) return undefined;
  return {
    index: raw._index,
    id: raw._id,
    routing: raw._routing,
    seqNo: raw._seq_no,
    primaryTerm: raw._primary_term,
    ...foldFromSource(fold),
    owed: fold.owed === true,
  };
}

/** Each document once. */
export function distinctDocuments<D extends { readonly index: string; readonly id: string }>(documents: readonly D[]): D[] {
  return [...new Map(documents.map((document) => [documentKey(document), document])).values()];
}
