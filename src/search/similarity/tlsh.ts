/** Search for binaries with a like TLSH (spec 04 §6.13, 05 §11.2). */
import { tlshVector } from '../../../projections/binary/vectors.js';
import { countCodePoints } from '../../../projections/code-points.js';
import { SimilarityError } from './errors.js';
import { roundHalfEven } from './rounding.js';

const DIGITS = 70;
const MIN_SCORE = 0.9;
/** So many nearest at least are looked at in each segment. */
const NEIGHBOURS = 100;

export interface TlshQuery {
  /** The 70 hex digits as they were given, without version. */
  readonly digits: string;
  /** 36 signed bytes. */
  readonly vector: readonly number[];
}

function withoutVersion(text: string): string {
  if (text.startsWith('T1')) return text.slice(2);
  if (text.startsWith('T')) throw new SimilarityError('MetastoreInvalidTLSHFormat', `Invalid TLSH version in: '${text}'`);
  return text;
}

/**
 * Reads a TLSH with or without `T1`; undefined for the spellings of "none", which are like nothing. Throws SimilarityError for
 * another version or other characters (`MetastoreInvalidTLSHFormat`) and for another length (`MetastoreInvalidTLSHLength`).
 */
export function parseTlsh(text: string): TlshQuery | undefined {
  if (text === '' || text === 'NULL' || text === 'TNULL') return undefined;
  const digits = withoutVersion(text);
  // The peer names no value here.
  if (countCodePoints(digits) !== DIGITS) throw new SimilarityError('MetastoreInvalidTLSHLength', "Invalid TLSH length in: ''");
  const vector = /^[0-9a-fA-F]+$/.test(digits) ? tlshVector(digits) : undefined;
  if (vector === undefined) throw new SimilarityError('MetastoreInvalidTLSHFormat', `Invalid TLSH digits in: '${text}'`);
  return { digits, vector };
}

/**
 * Search body for `max` hits, each with `sha256`; binaries with the very same hash are left out.
 *
 * The peer searches by `min_score` alone. Lucene walks there only to what is nearer than all that it has seen, and ends where nothing is: one in ten was
 * missed in segments of ten vectors. So the nearest are asked for beside it; by themselves they would be copies of one binary where there are many.
 */
export function tlshBody({ digits, vector }: TlshQuery, max: number): object {
  const filter = { bool: { must_not: [{ match: { tlsh: digits } }, { match: { tlsh: `T1${digits}` } }] } };
  const nearest = (limit: object): object => ({ knn: { tlsh_vector: { vector, ...limit, filter } } });
  return {
    _source: { includes: ['sha256'] },
    query: { dis_max: { queries: [nearest({ min_score: MIN_SCORE }), nearest({ k: Math.max(NEIGHBOURS, max) })] } },
    min_score: MIN_SCORE,
    size: max,
    collapse: { field: 'sha256' },
  };
}

/** Percentage with two decimals of a hit's `_score`, in which clauses beside the kNN query may have added whole numbers. */
export function tlshScore(score: number): number {
  // A whole score is that of a vector in the same direction.
  const cosine = score > 0 && score % 1 === 0 ? 1 : score % 1;
  return roundHalfEven(cosine * 100, 2);
}
