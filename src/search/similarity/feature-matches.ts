/** How like binaries are by the feature values that they share (spec 05 §11.4, 04 §6.13). */
import type { FeatureMatchHit, FeatureSourceHit, FeatureValue } from './features.js';

const MAX_MATCHES = 20;

/** What was found for one author: its documents of the binary, and its documents of others that are like those. */
export interface AuthorMatches {
  readonly author: string;
  readonly sources: readonly FeatureSourceHit[];
  readonly hits: readonly FeatureMatchHit[];
}

export interface FeatureMatch {
  readonly sha256: string;
  readonly score_sum: number;
  readonly score_percent: number;
  /** Author and number of shared values, most first. */
  readonly contributions: readonly (readonly [string, number])[];
}

function pairKey({ name, value }: FeatureValue): string {
  return `${name.length} ${name}${value}`;
}

function pairsOf(sources: readonly { readonly _source: { readonly features: readonly FeatureValue[] } }[]): Set<string> {
  return new Set(sources.flatMap(({ _source }) => _source.features.map(pairKey)));
}

/** Sum over the documents of their different (name, value) pairs. */
export function numFeatureValues(sources: readonly FeatureSourceHit[]): number {
  return sources.reduce((sum, source) => sum + pairsOf([source]).size, 0);
}

/** For each binary and author the most pairs that one document shares with the author's documents of the searched one. */
function contributions(found: readonly AuthorMatches[]): Map<string, Map<string, number>> {
  const byBinary = new Map<string, Map<string, number>>();
  for (const { author, sources, hits } of found) {
    const pairs = pairsOf(sources);
    for (const hit of hits) {
      const shared = Array.from(pairsOf([hit])).filter((pair) => pairs.has(pair)).length;
      const ofBinary = byBinary.get(hit._source.sha256) ?? new Map<string, number>();
      byBinary.set(hit._source.sha256, ofBinary.set(author, Math.max(shared, ofBinary.get(author) ?? 0)));
    }
  }
  return byBinary;
}

function toMatch(sha256: string, byAuthor: ReadonlyMap<string, number>, numValues: number): FeatureMatch {
  const ordered = [...byAuthor].sort((a, b) => b[1] - a[1]);
  const sum = ordered.reduce((total, [, count]) => total + count, 0);
  return { sha256, score_sum: sum, score_percent: Math.floor((100 * sum) / numValues), contributions: ordered };
}

function compareMatches(a: FeatureMatch, b: FeatureMatch): number {
  if (a.score_sum !== b.score_sum) return b.score_sum - a.score_sum;
  return a.sha256 < b.sha256 ? -1 : 1;
}

/** The 20 likest binaries, best first. `numValues`: `numFeatureValues` of the documents of all authors. */
export function featureMatches(found: readonly AuthorMatches[], numValues: number): FeatureMatch[] {
  return Array.from(contributions(found), ([sha256, byAuthor]) => toMatch(sha256, byAuthor, numValues))
    .filter(({ score_sum, score_percent }) => score_sum > 1 || score_percent > 1)
    .sort(compareMatches)
    .slice(0, MAX_MATCHES);
}
