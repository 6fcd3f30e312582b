/** How hits are returned: what would show more than the documents that a secured query finds. */
import { asFields, inside, object, oneOrMore, options, parts, refuse, type Part } from './parts.js';

/** Options of one sort field; `nested` and scripts, which look elsewhere, are not among them. */
const SORT_FIELD = object(parts(options('order', 'missing', 'mode', 'unmapped_type', 'numeric_type', 'format')));

const sort: Part = oneOrMore((value, place) => {
  if (typeof value === 'string') return value;
  for (const [name, settings] of Object.entries(asFields(value, place))) {
    if (typeof settings !== 'string') SORT_FIELD(settings, inside(place, name));
  }
  return value;
});

const highlightFields: Part = (value, place) => {
  for (const [name, settings] of Object.entries(asFields(value, place))) {
    const field = inside(place, name);
    if ('highlight_query' in asFields(settings, field)) refuse(field, 'a field has a highlight query of its own');
  }
  return value;
};

/**
 * Without a query of its own, highlighting marks what the whole query looks for, so also the labels of the document filter.
 * A highlight query that needs the filter itself cannot be used: its labels would be marked just so.
 */
function highlight(secureQuery: Part): Part {
  const settings = object(
    parts({
      highlight_query: (value, place) =>
        secureQuery(value, place) === value ? value : refuse(place, 'a highlight query needs the document filter'),
      fields: highlightFields,
      ...options('order', 'pre_tags', 'post_tags', 'encoder', 'type', 'number_of_fragments', 'fragment_size', 'require_field_match'),
    }),
  );
  return (value, place) =>
    'highlight_query' in asFields(value, place) ? settings(value, place) : refuse(place, 'a highlight has no highlight_query');
}

/** What a body, `inner_hits` and `top_hits` have in common. */
export function hitParts(secureQuery: Part): Readonly<Record<string, Part>> {
  return {
    highlight: highlight(secureQuery),
    sort,
    ...options('from', 'size', '_source', 'track_scores', 'docvalue_fields', 'stored_fields', 'fields'),
  };
}
