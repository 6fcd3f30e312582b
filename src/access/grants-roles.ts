/** From roles to grants (spec 03 §6, §10.5, §10.6); pure. */
import { ANY, toKnownLabels } from '../../projections/security/encode.js';
import { sorted, type LabelTable } from '../../projections/security/label-table.js';
import { wrongSetting } from '../config/values.js';
import type { Account } from './account.js';
import type { Grants } from './grants.js';
import { bareRole } from './identity-claims.js';
import type { User } from './identity.js';

/** The backend role of everybody who may read at all. */
const READER = 'azul_read';
/** Every account has this role; it says nothing. */
const OWN_INDEX = 'own_index';

/** Safe labels by the backend role that grants them. */
export type RoleMap = ReadonlyMap<string, readonly string[]>;

/** Throws MF_CONFIG for a role that is given anything but configured labels. */
export function readRoleMap(table: LabelTable, given: Readonly<Record<string, unknown>>): RoleMap {
  const map = new Map<string, readonly string[]>();
  for (const [written, value] of Object.entries(given)) {
    const name = `metafold_role_map.${written}`;
    if (!Array.isArray(value)) throw wrongSetting(name, value, 'a list of labels');
    const safe = (value as unknown[]).map((label) => {
      const found = typeof label === 'string' ? table.toSafe.get(label) : undefined;
      if (found === undefined) throw wrongSetting(name, label, 'a label of security_labels');
      return found;
    });
    const role = bareRole(written);
    map.set(role, [...(map.get(role) ?? []), ...safe]);
  }
  return map;
}

/** Every label and `s-any`. */
function everything(table: LabelTable): string[] {
  return sorted([...table.toLabel.keys(), ANY]);
}

/** Grants with their labels: those granted, and the TLPs that limit nobody. */
function grants(table: LabelTable, granted: readonly string[], rest: Omit<Grants, 'granted' | 'labels'>): Grants {
  const open = table.tlps.filter((label) => !table.enforced.has(label));
  return { granted, labels: sorted(new Set([...toKnownLabels(table, granted), ...open])), ...rest };
}

export function allGrants(table: LabelTable): Grants {
  return grants(table, everything(table), { securityEnabled: false, privileged: false, accountInfo: {}, roles: [] });
}

/** What the roles of an account grant: those named like a safe label, or with the administrator's role everything. */
export function accountGrants(table: LabelTable, { info, roles }: Account, adminRole: string): Grants {
  const privileged = roles.includes(adminRole);
  const held = sorted(new Set(roles.filter((role) => role === ANY || table.toLabel.has(role))));
  return grants(table, privileged ? everything(table) : held, {
    securityEnabled: true,
    privileged,
    accountInfo: info,
    roles: sorted(roles.filter((role) => role !== OWN_INDEX)),
  });
}

/** What the roles of a token grant, by the rules by which OpenSearch would map them: `accountInfo` looks like its answer. */
export function tokenGrants(table: LabelTable, user: User, roleMap: RoleMap, privilegedRoles: ReadonlySet<string>): Grants {
  const privileged = user.roles.some((role) => privilegedRoles.has(role));
  const safe = user.roles.flatMap((role) => [table.toSafe.get(role) ?? [], roleMap.get(role) ?? [], role === READER ? ANY : []].flat());
  const roles = sorted(new Set(safe));
  return grants(table, privileged ? everything(table) : roles, {
    securityEnabled: true,
    privileged,
    accountInfo: { user_name: user.unique_id, roles, backend_roles: user.roles },
    roles,
  });
}
