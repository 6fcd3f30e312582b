/** Identity of a security error: the code names of spec 03 §1, §2, §5 and §6. */
export type SecurityErrorCode =
  | 'SecuritySettingsInvalid'
  | 'SecurityConfigLabelsWithExtraSpaces'
  | 'SecurityConfigReleasabilitiesMissingRequiredPrefix'
  | 'SecurityConfigLabelDefinedTwice'
  | 'SecurityConfigGroupLabelMustNotHaveSpaces'
  | 'SecurityConfigMultipleValuesMappedToSameValue'
  | 'SecurityMinRequiredAccessNotFound'
  | 'SecuritySecurityDefaultNotSet'
  | 'SecurityNoClassificationInRawSecurity'
  | 'SecurityInvalidGroupsWhileNormalising'
  | 'SecurityInvalidSecurityStringWhileNormalising'
  | 'SecurityMissingOrigin'
  | 'SecurityClassificationDoesntSupportReleasability'
  | 'SecurityInvalidReleasabilityGroup'
  | 'SecurityInvalidExclusiveGroup'
  | 'SecurityInvalidMarkingsGroup'
  | 'SecurityInvalidReleasabilitiesConvertFromLabels'
  | 'SecurityInvalidLabelConvertingFromLabels'
  | 'SecurityNoCommonSecurityUnviewable'
  | 'SecurityUnmatchedLabelsGoingUnsafeToSafe'
  | 'SecurityUnmatchedLabelsGoingSafeToUnsafe'
  | 'SecurityUserCannotAccessExclusive'
  | 'SecurityUserCannotAccessInclusive'
  | 'SecurityUserCannotAccessMarkings'
  | 'SecurityUserDoesNotHaveMinimumAccess';

/**
 * A label configuration or security string that breaks a rule, or labels that do not reach; `code` is its identity, the message
 * holds the offending text. An event that causes it is refused with class `SecurityParseException` (spec 02 §6).
 */
export class SecurityError extends Error {
  override readonly name = 'SecurityError';
  constructor(
    readonly code: SecurityErrorCode,
    message: string,
    override readonly cause?: SecurityError,
  ) {
    super(message);
  }
}
