/** Search for binaries with a like entropy profile (spec 05 §11.3). */
import { entropyVector } from '../../../projections/binary/vectors.js';
import { SimilarityError } from './errors.js';
import { roundHalfEven } from './rounding.js';

/** Bits of the vector. */
const BITS = 1280;
const MIN_PERCENT = 90;
/** Neighbours asked for beyond those wanted: several may belong to one binary. */
const SPARE_NEIGHBOURS = 10;

/**
 * The vector that is stored for the same blocks (160 signed bytes); undefined for fewer than 40, which are like nothing. Throws
 * SimilarityError for values that are not finite: JSON.parse makes such of too large numbers.
 */
export function parseEntropy(blocks: readonly number[]): readonly number[] | undefined {
  if (!blocks.every(Number.isFinite)) throw new SimilarityError('', 'entropy values must be finite numbers');
  return entropyVector(blocks) ?? undefined;
}

/** Search body for `max` hits, each with `sha256`, without the binary itself (`sha256` in lower case). */
export function entropyBody(sha256: string, vector: readonly number[], max: number): object {
  const filter = { bool: { must_not: [{ match: { sha256 } }] } };
  return {
    _source: { includes: ['sha256'] },
    query: { knn: { entropy_vector: { vector, k: max + SPARE_NEIGHBOURS, filter } } },
    size: max,
    collapse: { field: 'sha256' },
  };
}

/** Bits in which a hit differs, from its `_score` = 1/(1 + d), in which clauses beside the kNN query may have added whole numbers. */
function differingBits(score: number): number {
  if (score === 0) return BITS;
  return 1 / (score % 1 === 0 ? 1 : score % 1) - 1;
}

/** Percentage of equal bits with four decimals; undefined for a hit that is too unlike to be shown. */
export function entropyScore(score: number): number | undefined {
  const percent = roundHalfEven((100 * (BITS - differingBits(score))) / BITS, 4);
  return percent < MIN_PERCENT ? undefined : percent;
}
