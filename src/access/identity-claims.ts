/** From the claims of a verified token to a user (spec 03 §8, 04 §2.2). */
import type { User } from './identity.js';
import { badToken } from './identity-errors.js';

type Claims = Readonly<Record<string, unknown>>;

/** Names of top-level claims; there is no nesting. */
export interface ClaimNames {
  readonly rolesKey: string;
  readonly usernameKey: string;
}

function requiredText(claims: Claims, name: string): string {
  const value = claims[name];
  if (typeof value !== 'string' || value === '') throw badToken(`claim ${name} is no text`);
  return value;
}

function textOr(claims: Claims, name: string, otherwise: string): string {
  const value = claims[name];
  return typeof value === 'string' ? value : otherwise;
}

/** The token of a service client carries how it proved itself: `azpacr`, "0" for public clients, which act for a user. */
function isServiceClient(claims: Claims): boolean {
  const proof = claims['azpacr'];
  return proof !== undefined && proof !== '0' && proof !== 0;
}

/** A role without the slashes that providers put before the path of a group. */
export function bareRole(role: string): string {
  return role.replace(/^\/+/, '');
}

function rolesOf(claims: Claims, rolesKey: string): string[] {
  const value = claims[rolesKey];
  const roles: unknown[] = Array.isArray(value) ? value : [value];
  return roles.filter((role) => typeof role === 'string').map(bareRole);
}

/** Throws AuthenticationError for claims without subject or user name. */
export function userOf(claims: Claims, names: ClaimNames): User {
  return {
    username: requiredText(claims, isServiceClient(claims) ? 'azp' : names.usernameKey),
    org: textOr(claims, 'org', 'unknown'),
    email: textOr(claims, 'email', ''),
    roles: rolesOf(claims, names.rolesKey),
    unique_id: requiredText(claims, 'sub'),
    decoded: claims,
  };
}
