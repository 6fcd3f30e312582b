/** Identity of a refused similarity request: the peer's code, "" where the peer has none (spec 04 §6.13, 05 §11). */
export type SimilarityErrorCode =
  'MetastoreReadSimilarSSDeepBadFuzzyHash' | 'MetastoreInvalidTLSHFormat' | 'MetastoreInvalidTLSHLength' | '';

/** A value in a similarity request that can't be searched for; the message is what the caller is told. */
export class SimilarityError extends Error {
  override readonly name = 'SimilarityError';
  readonly status = 422;
  constructor(
    readonly code: SimilarityErrorCode,
    message: string,
  ) {
    super(message);
  }
}
