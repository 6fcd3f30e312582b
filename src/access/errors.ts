export type BadLabelCode = 'MetastoreBadSecurityConversionExclude' | 'MetastoreBadSecurityConversionInclude';

/** A label of `x` or `i` that is not configured; the request is answered with 422 and this message (spec 04 §2.3). */
export class BadLabelError extends Error {
  override readonly name = 'BadLabelError';
  constructor(
    readonly code: BadLabelCode,
    message: string,
  ) {
    super(message);
  }
}
