/** From the term of a request to its query: tags are looked up as the caller may read them (spec 05 §1.7, §2.2). */
import {
  isHighlightable,
  parseTerm,
  tagKeys,
  tagLookup,
  tagQuery,
  TermError,
  termFailure,
  translateTerm,
  unknownKeys,
  unknownKeysMessage,
  type ParsedTerm,
  type Query,
  type TagKey,
  type TagSource,
} from '../../search/term/index.js';
import { refused } from '../api-error.js';
import type { Model } from '../model.js';
import type { Reader } from '../reader.js';

/** The messages of the two endpoints differ. */
export type TermEndpoint = 'find' | 'all';

export interface SearchedTerm {
  readonly parsed: ParsedTerm;
  /** On metadata documents, not yet wrapped for their parents. */
  readonly query: Query;
  readonly highlight: boolean;
}

/** Runs what may throw a TermError, which becomes the 400 of the endpoint. */
export async function answeringTerm<T>(term: string, endpoint: TermEndpoint, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof TermError) throw refused(400, termFailure(error, endpoint, term).message);
    throw error;
  }
}

/**
 * The query of a term, undefined for a blank one. Tags take one multi-search. Throws ApiError: 400 for a term that cannot be
 * parsed, a tag key used wrongly, or a tag that no annotation has which the caller may read.
 */
export function searchedTerm(reader: Reader, term: string, endpoint: TermEndpoint): Promise<SearchedTerm | undefined> {
  return answeringTerm(term, endpoint, async () => {
    const parsed = parseTerm(term);
    if (parsed === undefined) return undefined;
    const tags = tagKeys(parsed);
    const lookup = tagLookup(parsed, tags, await annotationsOf(reader, tags));
    return { parsed, query: translateTerm(parsed, lookup), highlight: isHighlightable(parsed) };
  });
}

async function annotationsOf(reader: Reader, tags: readonly TagKey[]): Promise<TagSource[][]> {
  const answers = await reader.searchAll<TagSource>(tags.map((tag) => ({ docname: 'annotation', body: tagQuery(tag) })));
  return answers.map(({ hits }) => hits.hits.map(({ _source }) => _source));
}

/** Throws the 422 for keys that the model does not have: asked when nothing was found, or nothing was counted. */
export async function checkKeys(model: Model, { parsed }: SearchedTerm): Promise<void> {
  const unknown = unknownKeys(parsed, await model.keys());
  if (unknown.length > 0) throw refused(422, unknownKeysMessage(unknown));
}
