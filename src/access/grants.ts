/** What a caller may read (spec 03 §10.5, §10.6). */
import type { SecurityPolicy } from '../../projections/security/policy.js';
import { createAccountReader } from './account.js';
import { rememberByToken } from './grants-cache.js';
import { accountGrants, allGrants, readRoleMap, tokenGrants } from './grants-roles.js';
import type { LabelSource } from './grants-source.js';
import { bareRole } from './identity-claims.js';
import { notAuthenticated } from './identity-errors.js';
import type { Identity, User } from './identity.js';

export { checkOpenSearchIdentity, resolveLabelSource, type LabelSource, type RestapiSecurity } from './grants-source.js';

export interface Grants {
  /** Safe labels, sorted, with `s-any` for who may read at all: G of the read rule. */
  readonly granted: readonly string[];
  /** Labels for the access summary: those of `granted` and every TLP that is not enforced; sorted. */
  readonly labels: readonly string[];
  readonly securityEnabled: boolean;
  /** Holds everything by a role of its own, whatever the other roles. */
  readonly privileged: boolean;
  readonly accountInfo: object;
  /** Names of OpenSearch roles, sorted. */
  readonly roles: readonly string[];
}

export interface GrantSource {
  /** Throws AuthenticationError (401) or AccountError (500) where OpenSearch has to be asked (see `account.ts`). */
  of(identity: Identity): Promise<Grants>;
  close(): Promise<void>;
}

export interface GrantOptions {
  readonly source: LabelSource;
  readonly policy: SecurityPolicy;
  /** Backend role to labels, as configured; for `token`. */
  readonly roleMap: Readonly<Record<string, unknown>>;
  /** Roles of a token that open everything; for `token`. */
  readonly privilegedRoles: readonly string[];
  /** The OpenSearch role that opens everything; for `account`. */
  readonly adminRole: string;
  readonly opensearchUrl: string;
  readonly verifyCertificates: boolean;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

function fromAccounts(options: GrantOptions): GrantSource {
  const { policy, adminRole, now } = options;
  const reader = createAccountReader(options);
  const clocks = { now: now ?? Date.now, steadyNow: now ?? (() => performance.now()) };
  const ofToken = rememberByToken(async (token) => accountGrants(policy.table, await reader.read(token), adminRole), clocks);
  return {
    of: ({ token, expiresAt }) => (token === undefined ? Promise.reject(notAuthenticated('no token')) : ofToken(token, expiresAt)),
    close: () => reader.close(),
  };
}

/** Throws MF_CONFIG for a role map that grants what is no label. */
export function createGrants(options: GrantOptions): GrantSource {
  const { source, policy } = options;
  const close = (): Promise<void> => Promise.resolve();
  if (source === 'account') return fromAccounts(options);
  if (source === 'all') {
    const all = allGrants(policy.table);
    return { of: () => Promise.resolve(all), close };
  }
  const roleMap = readRoleMap(policy.table, options.roleMap);
  const privilegedRoles = new Set(options.privilegedRoles.map(bareRole));
  return { of: ({ user }) => Promise.resolve(tokenGrants(policy.table, user, roleMap, privilegedRoles)), close };
}

/** Whether any role of the caller's token makes an administrator (spec 03 §6, `security_admin_roles`); roles of OpenSearch don't. */
export function isAdmin(user: User, adminRoles: readonly string[]): boolean {
  return user.roles.some((role) => adminRoles.includes(role));
}
