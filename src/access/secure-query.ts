/**
 * Places the document filter inside a query: in every `has_child` and `has_parent`, because parent documents are everyone's and a
 * filter outside of the join would not see what it joins; and in every `knn`, because its nearest are found before other clauses
 * are asked (spec 03 §10.2).
 */
import { isDocumentFilter } from './document-filter.js';
import { asFields, inside, list, object, oneOrMore, onlyEntry, option, options, parts, refuse, type Part, type Place } from './parts.js';
import { isFields, withClauses, type Query } from './query.js';
import { hitParts } from './secure-hits.js';

/** Secures a query; gives the same object back if it holds neither join nor `knn`. Throws MF_INTERNAL for what it cannot secure. */
export function secureQuery(value: unknown, place: Place): Query {
  const [type, params] = onlyEntry(value, place);
  const query = value as Query;
  if (isDocumentFilter(query)) refuse(place, 'it holds a document filter already');
  const part = QUERIES.get(type) ?? refuse(place, `unknown query ${JSON.stringify(type)}`);
  const secured = part(params, inside(place, type));
  return secured === params ? query : { [type]: secured };
}

/** What a body, `inner_hits` and `top_hits` have in common. */
export const HIT_PARTS = hitParts(secureQuery);

/** Inner hits repeat the query that they belong to, so its filter holds for them. */
const innerHits = object(parts({ ...HIT_PARTS, ...options('name', 'ignore_unmapped') }));

/** A query that finds other documents than those around it. */
function filtered(value: unknown, place: Place): Query {
  return withClauses(secureQuery(value, place), { filter: [place.filter], mustNot: [] });
}

/** `terms` by a list; one that is read from a document (a lookup) could be read from any document. */
const terms: Part = (value, place) => {
  for (const [name, wanted] of Object.entries(asFields(value, place))) {
    if (isFields(wanted)) refuse(inside(place, name), 'a terms lookup reads a document without a filter');
  }
  return value;
};

/** What is alike is described by texts or whole documents; by id it could be any document. */
const moreLikeThis: Part = (value, place) => {
  const { like, unlike } = asFields(value, place);
  for (const item of [like, unlike].flat()) {
    if (isFields(item) && (!isFields(item['doc']) || '_id' in item)) refuse(place, 'a document named by id is read without a filter');
  }
  return value;
};

const common = options('boost', '_name');
const functions = options('script_score', 'field_value_factor', 'random_score', 'weight', 'gauss', 'linear', 'exp');
const scoreFunction = object(parts({ filter: secureQuery, ...functions }));
const clauses = oneOrMore(secureQuery);

function join(own: Readonly<Record<string, Part>>): Part {
  const fields = object(parts({ query: filtered, inner_hits: innerHits, ignore_unmapped: option, ...own, ...common }));
  return (value, place) => ('query' in asFields(value, place) ? fields(value, place) : refuse(place, 'a join has no query'));
}

const nearest = object(parts({ filter: filtered, ...options('vector', 'k', 'min_score', 'max_distance', 'method_parameters', 'rescore') }));

/** One field with its vector; a filter is added where it has none. */
const knn: Part = (value, place) => {
  const fields = Object.entries(asFields(value, place));
  if (fields.length !== 1) refuse(place, 'kNN filters only supported for one search term');
  const [name, wanted] = fields[0]!;
  return { [name]: nearest({ filter: { bool: {} }, ...asFields(wanted, place) }, inside(place, name)) };
};

const QUERIES: ReadonlyMap<string, Part> = parts({
  ...options('term', 'terms_set', 'prefix', 'regexp', 'range', 'exists', 'ids', 'match', 'match_all', 'match_none', 'wildcard'),
  terms,
  more_like_this: moreLikeThis,
  bool: object(parts({ must: clauses, should: clauses, filter: clauses, must_not: clauses, minimum_should_match: option, ...common })),
  dis_max: object(parts({ queries: list(secureQuery), tie_breaker: option, ...common })),
  constant_score: object(parts({ filter: secureQuery, ...common })),
  function_score: object(
    parts({
      query: secureQuery,
      functions: list(scoreFunction),
      ...functions,
      ...options('score_mode', 'boost_mode', 'max_boost', 'min_score'),
      ...common,
    }),
  ),
  nested: object(parts({ query: secureQuery, inner_hits: innerHits, ...options('path', 'score_mode', 'ignore_unmapped'), ...common })),
  has_child: join(options('type', 'score_mode', 'min_children', 'max_children')),
  has_parent: join(options('parent_type', 'score')),
  knn,
});
