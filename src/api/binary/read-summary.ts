/** Reads a binary's summary: one request for all but the tags of feature values, which take a second (spec 05 §16). */
import { rank } from '../../../projections/security/rank.js';
import type { RawJson } from '../../../projections/types.js';
import { binaryNotFound } from '../api-error.js';
import type { Reader } from '../reader.js';
import type { ApiServices } from '../services.js';
import { contentDiagnostics, manyBuckets, manyEvents, sortDiagnostics } from './diagnostics.js';
import type { BinaryFeature } from './features.js';
import { childrenSearch, summarySearch, type SummaryRequest } from './summary-bodies.js';
import {
  bucketDiagnostics,
  childrenOf,
  summaryOf,
  type BinarySummary,
  type ChildrenAggregations,
  type SummaryAggregations,
} from './summary.js';
import { entityTags, entityTagSearches, type TagCounts } from './tags.js';
import { pivotOf, valueTags, valueTagSearches } from './value-tags.js';

type Services = Pick<ApiServices, 'config' | 'plugins'>;

type Aggregations = SummaryAggregations & ChildrenAggregations & TagCounts;

/** Throws ApiError 404 when nothing of the binary is visible. */
export async function readSummary(reader: Reader, services: Services, request: SummaryRequest): Promise<BinarySummary> {
  const { details, sha256, bucketSize } = request;
  const related = details.has('children') ? [childrenSearch(request)] : [];
  const tagSearches = details.has('tags') ? entityTagSearches(sha256) : [];
  const answers = await reader.searchAll<RawJson, Aggregations>([summarySearch(request), ...related, ...tagSearches]);
  const answer = answers[0]!;
  const summary = summaryOf(answer, (strings) => rank(services.config.security.table, strings));
  if (summary.documents.count === 0) throw binaryNotFound(sha256);
  const children = related.length === 0 ? undefined : childrenOf(answers[1]!);
  const [tags, counts] = answers.slice(1 + related.length);
  const diagnostics = [
    ...sortDiagnostics([
      ...bucketDiagnostics(answer, bucketSize),
      ...manyEvents(summary.documents.count, services.config.api.warnOnEventCount),
      ...(summary.streams ? contentDiagnostics(summary.streams, await services.plugins.configs(reader.rule)) : []),
    ]),
    ...manyBuckets('children', children?.length ?? 0, bucketSize),
  ];
  return {
    ...summary,
    ...(details.has('feature_tags') && { features: await withTags(reader, summary.features ?? []) }),
    ...(children && { children }),
    ...(tags && counts && { tags: entityTags(tags, counts) }),
    ...(diagnostics.length > 0 && { diagnostics }),
  };
}

async function withTags(reader: Reader, features: readonly BinaryFeature[]): Promise<BinaryFeature[]> {
  const pivots = [...new Set(features.map(pivotOf))];
  const byPivot = valueTags(await reader.searchAll(valueTagSearches(pivots)));
  return features.map((feature) => {
    const tags = byPivot.get(pivotOf(feature));
    return tags === undefined ? feature : { ...feature, tags };
  });
}
