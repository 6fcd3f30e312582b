/** A binary's summary out of the answers of its searches (spec 04 §6.7, 05 §9.1). */
import { compareCodePoints } from '../../../projections/code-points.js';
import type { RawJson } from '../../../projections/types.js';
import { exactValue, memberText } from '../../opensearch/source-texts.js';
import type { SearchAnswer } from '../reader.js';
import { manyBuckets, type Diagnostic } from './diagnostics.js';
import { mergeFeatures, type BinaryFeature, type FeatureDocument } from './features.js';
import { childNode, parentNode, type PathNode } from './nodes.js';
import { sourcesOf, type BinarySource, type Submission } from './sources.js';
import type { StoredAuthor, StoredLink } from './stored.js';
import { mergeStreams, type BinaryStream, type StreamDocument } from './streams.js';
import type { EntityTag } from './tags.js';

export interface BinarySummary {
  readonly documents: { readonly count: number; readonly newest?: string };
  readonly security?: readonly string[];
  readonly sources?: readonly BinarySource[];
  readonly features?: readonly BinaryFeature[];
  readonly info?: readonly { readonly info: RawJson; readonly instance: string }[];
  readonly streams?: readonly BinaryStream[];
  readonly instances?: readonly Instance[];
  readonly parents?: readonly PathNode[];
  readonly children?: readonly PathNode[];
  readonly tags?: readonly EntityTag[];
  readonly diagnostics?: readonly Diagnostic[];
}

export interface Instance {
  readonly key: string;
  readonly author: StoredAuthor;
  readonly action: string;
  readonly num_feature_values: number;
}

interface Bucket {
  readonly key: string;
}

interface HitBucket extends Bucket {
  readonly hit: { readonly hits: { readonly hits: readonly { readonly _source: RawJson }[] } };
}

interface SubmissionBucket extends HitBucket {
  readonly depth: { readonly value: number };
}

interface SourceBucket extends Bucket {
  readonly references: Buckets<SubmissionBucket>;
}

interface InstanceDocument {
  readonly sha256_author_action: string;
  readonly author: StoredAuthor;
  readonly action: string;
  readonly num_feature_values?: number;
}

interface Buckets<B> {
  readonly buckets: readonly B[];
}

/** Each only when its detail was asked for. */
export interface SummaryAggregations {
  readonly documents?: { readonly value_as_string?: string };
  readonly security?: Buckets<Bucket>;
  readonly sources?: Buckets<SourceBucket>;
  readonly features?: Buckets<HitBucket>;
  readonly info?: Buckets<HitBucket>;
  readonly datastreams?: Buckets<HitBucket>;
  readonly instances?: Buckets<HitBucket>;
  readonly parents?: Buckets<HitBucket>;
}

export interface ChildrenAggregations {
  readonly children?: Buckets<HitBucket>;
}

type SummaryAnswer = SearchAnswer<RawJson, SummaryAggregations>;
type ChildrenAnswer = SearchAnswer<RawJson, ChildrenAggregations>;

/** `rank` orders security strings. Details that were not asked for are not there. */
export function summaryOf(answer: SummaryAnswer, rank: (strings: readonly string[]) => readonly string[]): BinarySummary {
  const { documents, security, sources, features, info, datastreams, instances, parents } = answer.aggregations ?? {};
  const newest = documents?.value_as_string;
  return {
    documents: { count: answer.hits.total?.value ?? 0, ...(newest !== undefined && { newest }) },
    ...(security && { security: rank(security.buckets.map(({ key }) => key)) }),
    ...(sources && { sources: sourcesOf(new Map(sources.buckets.map(({ key, references }) => [key, submissionsOf(references)]))) }),
    ...(features && { features: mergeFeatures(documentsOf<FeatureDocument>(features)) }),
    ...(info && { info: info.buckets.flatMap(infoOf) }),
    ...(datastreams && { streams: mergeStreams(documentsOf<StreamDocument>(datastreams)) }),
    ...(instances && { instances: instancesOf(documentsOf<InstanceDocument>(instances)) }),
    ...(parents && { parents: documentsOf<StoredLink>(parents).map(parentNode) }),
  };
}

/** The binaries that came out of it, the newest first. */
export function childrenOf({ aggregations }: ChildrenAnswer): PathNode[] {
  return documentsOf<StoredLink>(aggregations?.children ?? { buckets: [] }).map(childNode);
}

/** Aggregations that may have left out something. */
export function bucketDiagnostics({ aggregations = {} }: SummaryAnswer, bucketSize: number): Diagnostic[] {
  const { security, sources, features, info, datastreams, instances, parents } = aggregations;
  const limited = { security, sources, features, info, datastreams, instances, parents };
  return [
    ...Object.entries(limited).flatMap(([what, found]) => manyBuckets(what, found?.buckets.length ?? 0, bucketSize)),
    ...(sources?.buckets ?? []).flatMap(({ key, references }) =>
      manyBuckets(`sources_${key}_references`, references.buckets.length, bucketSize),
    ),
  ];
}

function documentOf({ hit }: HitBucket): unknown {
  return exactValue(hit.hits.hits[0]!._source);
}

function documentsOf<T>({ buckets }: Buckets<HitBucket>): T[] {
  return buckets.map((bucket) => documentOf(bucket) as T);
}

function submissionsOf({ buckets }: Buckets<SubmissionBucket>): Submission[] {
  return buckets.map((bucket) => ({ depth: bucket.depth.value, document: documentOf(bucket) as Submission['document'] }));
}

/** Info stays text: nothing of it is read here. */
function infoOf({ hit }: HitBucket): { readonly info: RawJson; readonly instance: string }[] {
  const source = hit.hits.hits[0]!._source;
  const info = memberText(source, 'info');
  const instance = memberText(source, 'sha256_author_action');
  return info === undefined || instance === undefined ? [] : [{ info, instance: JSON.parse(instance.rawJson) as string }];
}

function instancesOf(documents: readonly InstanceDocument[]): Instance[] {
  const instances = documents.map(({ sha256_author_action: key, author, action, num_feature_values = 0 }) => ({
    key,
    author,
    action,
    num_feature_values,
  }));
  return instances.sort((a, b) => compareCodePoints(a.key, b.key));
}
