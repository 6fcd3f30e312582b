/** Search for binaries with a like ssdeep hash (spec 05 §11.1); hits are scored by `compareSsdeep`. */
import { readInteger } from '../../../projections/binary/enrich-number.js';
import { SimilarityError } from './errors.js';

/** `blocksize:chunk:dchunk`: the second part was made with pieces of that size, the third with pieces of twice that size. */
export interface SsdeepHash {
  readonly text: string;
  readonly blocksize: number | bigint;
  readonly chunk: string;
  readonly dchunk: string;
}

/** Throws SimilarityError `MetastoreReadSimilarSSDeepBadFuzzyHash` unless the text has three parts, the first being an integer as Python reads it. */
export function parseSsdeep(text: string): SsdeepHash {
  const parts = text.split(':');
  const blocksize = parts.length === 3 ? readInteger(parts[0]!) : undefined;
  if (blocksize === undefined) {
    throw new SimilarityError('MetastoreReadSimilarSSDeepBadFuzzyHash', `ssdeep fuzzy hash could not be parsed ${text}`);
  }
  return { text, blocksize, chunk: parts[1]!, dchunk: parts[2]! };
}

/** What an `integer` field can hold; OpenSearch refuses a query for anything beyond. */
function isStorable(blocksize: number): boolean {
  return Number.isInteger(blocksize) && Math.abs(blocksize) < 2 ** 31;
}

/** The sizes of hashes that have a part in common with one of this size. */
function comparableBlocksizes(blocksize: number | bigint): number[] {
  const size = Number(blocksize);
  return [size, size * 2, size / 2].filter(isStorable);
}

/** Search body for twice `max` hits, each with `sha256` and `ssdeep`: the order of OpenSearch is only a guess at the score. */
export function ssdeepBody(hash: SsdeepHash, max: number): object {
  const { text, chunk, dchunk } = hash;
  return {
    _source: { includes: ['sha256', 'ssdeep'] },
    query: {
      bool: {
        must: [
          {
            bool: {
              should: [
                { match: { 'encoded_ssdeep.chunk': chunk } },
                { match: { 'encoded_ssdeep.dchunk': chunk } },
                { match: { 'encoded_ssdeep.chunk': dchunk } },
                { match: { 'encoded_ssdeep.dchunk': dchunk } },
              ],
            },
          },
        ],
        must_not: [{ match: { ssdeep: text } }],
        filter: [{ terms: { 'encoded_ssdeep.blocksize': comparableBlocksizes(hash.blocksize) } }],
      },
    },
    size: max * 2,
    collapse: { field: 'sha256' },
  };
}
