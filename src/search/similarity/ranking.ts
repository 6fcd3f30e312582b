/** A binary and how like it is to the one searched for, 0 to 100. */
export interface SimilarityMatch {
  readonly sha256: string;
  readonly score: number;
}

/** The `max` best matches, best first, equal scores in the given order (spec 05 §11.1 to §11.3). */
export function bestMatches(matches: readonly SimilarityMatch[], max: number): SimilarityMatch[] {
  return matches.toSorted((a, b) => b.score - a.score).slice(0, Math.max(0, max));
}
