/** What can be asked of a binary's summary (spec 04 §6.7). */
export const DETAILS = [
  'total_hits',
  'documents',
  'security',
  'sources',
  'features',
  'info',
  'datastreams',
  'instances',
  'parents',
  'children',
  'tags',
  'feature_tags',
] as const;

export type Detail = (typeof DETAILS)[number];

/** None asked for means all. Tags of feature values need the values. */
export function detailsOf(asked: readonly string[]): ReadonlySet<Detail> {
  const details = new Set(asked.length === 0 ? DETAILS : DETAILS.filter((detail) => asked.includes(detail)));
  return details.has('feature_tags') ? details.add('features') : details;
}
