/** Which settings of callers and grants go together (spec 03 §10.5, §10.8). */
import { MetafoldError } from '../errors.js';

export type LabelSource = 'token' | 'account' | 'all';
export type RestapiSecurity = 'none' | 'oidc' | 'oidc_legacy';

function refuse(setting: string, message: string): never {
  throw new MetafoldError('MF_CONFIG', message, { setting });
}

/**
 * Where the labels of callers come from: as set, else from the security plugin, and without it from the token, or where nobody has
 * a token from nowhere: everybody holds all. Throws MF_CONFIG where callers without token would be asked for what is theirs.
 */
export function resolveLabelSource(setting: LabelSource | '', restapiSecurity: RestapiSecurity, noSecurityPlugin: boolean): LabelSource {
  const anonymous = restapiSecurity === 'none';
  const usual = !noSecurityPlugin ? 'account' : anonymous ? 'all' : 'token';
  const source = setting === '' ? usual : setting;
  if (!anonymous || source === 'all') return source;
  const written = setting === '' ? `is not set, which means "${source}"` : `is "${source}"`;
  const message =
    `metafold_label_source ${written}, but with restapi_security "none" callers have no token: set metafold_label_source to "all"` +
    (setting === '' ? ', or metastore_no_security_plugin_compatibility to true (as the local stack does)' : '') +
    ', or restapi_security to "oidc"';
  return refuse('metafold_label_source', message);
}

/** Throws MF_CONFIG where requests should go to OpenSearch with the token of a caller who has none. */
export function checkOpenSearchIdentity(identity: 'service' | 'caller', restapiSecurity: RestapiSecurity): void {
  if (identity === 'service' || restapiSecurity !== 'none') return;
  const message =
    'metafold_opensearch_identity is "caller", but with restapi_security "none" callers have no token: ' +
    'set metafold_opensearch_identity to "service", or restapi_security to "oidc"';
  refuse('metafold_opensearch_identity', message);
}
