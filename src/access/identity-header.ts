import { badToken, notAuthenticated } from './identity-errors.js';

/**
 * The token in an `Authorization` header: its last piece after any scheme word but `Basic`, or after none; `oidc_legacy` wants
 * the scheme `Bearer` (spec 03 §8). Throws AuthenticationError when there is none.
 */
export function tokenOf(authorization: string | undefined, mode: 'oidc' | 'oidc_legacy'): string {
  const pieces = (authorization ?? '').split(' ').filter((piece) => piece !== '');
  const token = pieces.at(-1);
  if (token === undefined) throw notAuthenticated('no Authorization header');
  const scheme = pieces.length > 1 ? pieces[0]!.toLowerCase() : '';
  if (mode === 'oidc_legacy' && scheme !== 'bearer') throw notAuthenticated('the scheme is not Bearer');
  if (scheme === 'basic') throw badToken('the scheme is Basic');
  return token;
}
