/** What tokens and accounts grant (spec 03 §6, §10.5, §10.6), and which settings refuse to start. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  checkOpenSearchIdentity,
  createGrants,
  isAdmin,
  resolveLabelSource,
  type GrantOptions,
  type Grants,
  type LabelSource,
  type RestapiSecurity,
} from '../../../src/access/grants.js';
import { accountGrants } from '../../../src/access/grants-roles.js';
import type { Identity } from '../../../src/access/identity.js';
import type { MetafoldError } from '../../../src/errors.js';
import { enforcedPolicy, policyWith } from '../projections/security/configurations.js';

const test = suite('grants');

const c0 = policyWith();
const TLPS = ['TLP:AMBER', 'TLP:AMBER+STRICT', 'TLP:CLEAR', 'TLP:GREEN'];
const EVERYTHING = ['s-any', ...c0.table.toLabel.keys()].sort();
const ALL_LABELS = [...c0.table.toSafe.keys()].sort();

function identityWith(roles: readonly string[]): Identity {
  const user = { username: 'alice', org: 'unknown', email: '', roles, unique_id: 'subject-1', decoded: { roles } };
  return { user, token: 'x.y.z', expiresAt: 4_000_000_000 };
}

function grantsOf(roles: readonly string[], changes: Partial<GrantOptions> = {}): Promise<Grants> {
  const source = createGrants({
    source: 'token',
    policy: c0,
    roleMap: {},
    privilegedRoles: [],
    adminRole: 'admin',
    opensearchUrl: 'http://127.0.0.1:1',
    verifyCertificates: true,
    ...changes,
  });
  return source.of(identityWith(roles));
}

const TOKENS: [what: string, roles: string[], granted: string[], labels: string[]][] = [
  ['no role', [], [], []],
  ['a reader without labels', ['azul_read'], ['s-any'], []],
  ['labels without the reader role', ['LOW'], ['s-low'], ['LOW']],
  ['labels', ['REL:BEE', 'azul_read', 'TOP HIGH', 'LOW: LY'], ['s-any', 's-low--ly', 's-rel-bee', 's-top-high'], ['LOW: LY', 'REL:BEE', 'TOP HIGH']], // prettier-ignore
  ['a TLP', ['TLP:AMBER+STRICT'], ['s-tlp-amber-strict'], []],
  ['the same label twice', ['LOW', 'LOW'], ['s-low'], ['LOW']],
  ['another case', ['low', 'Azul_Read', 'AZUL_READ'], [], []],
  ['safe labels', ['s-low', 's-any', 's-top-high'], [], []],
  ['an alias', ['REL:APPLEO', 'APPLEO', 'APPLE'], [], []],
  ['a string of labels', ['LOW MEDIUM', 'LOW,MEDIUM', ' LOW', 'LOW '], [], []],
  ['names of what every object has', ['constructor', '__proto__', 'toString'], [], []],
  ['roles of OpenSearch', ['admin', 'azul_write', 'all_access', 'azul-fill1'], [], []],
];

for (const [what, roles, granted, labels] of TOKENS) {
  test(`a token with ${what} grants that and no more`, async () => {
    assert.equal(await grantsOf(roles), {
      granted,
      labels: [...labels, ...TLPS].sort(),
      securityEnabled: true,
      privileged: false,
      accountInfo: { user_name: 'subject-1', roles: granted, backend_roles: roles },
      roles: granted,
    });
  });
}

test('the role map grants labels beside those that roles are named after', async () => {
  const roleMap = {
    staff: ['LOW', 'MEDIUM'],
    '/group/bee': ['REL:BEE'],
    '//staff': ['HIGH'],
    LOW: ['MOD1'],
    idle: [],
    azul_read: ['OVER'],
  };
  const granted = async (...roles: string[]): Promise<readonly string[]> => (await grantsOf(roles, { roleMap })).granted;
  assert.equal(await granted('staff'), ['s-high', 's-low', 's-medium']);
  assert.equal(await granted('group/bee', 'staff'), ['s-high', 's-low', 's-medium', 's-rel-bee']);
  assert.equal(await granted('LOW'), ['s-low', 's-mod1']);
  assert.equal(await granted('idle', 'Staff', 'constructor', '__proto__'), []);
  assert.equal(await granted('azul_read'), ['s-any', 's-over']);
});

const WRONG_MAPS: [roleMap: Record<string, unknown>, named: RegExp][] = [
  [{ staff: ['LOW', 'NOPE'] }, /metafold_role_map\.staff: "NOPE"/],
  [{ staff: ['low'] }, /"low"/],
  [{ staff: ['s-any'] }, /"s-any"/],
  [{ staff: ['REL:APPLEO'] }, /"REL:APPLEO"/],
  [{ staff: [1] }, /metafold_role_map\.staff: 1/],
  [{ staff: 'LOW' }, /metafold_role_map\.staff: "LOW"/],
  [{ staff: null }, /metafold_role_map\.staff: null/],
];

for (const [roleMap, named] of WRONG_MAPS) {
  test(`the role map ${JSON.stringify(roleMap)} is refused`, () => assertRefused(() => void grantsOf([], { roleMap }), named));
}

function assertRefused(work: () => unknown, ...named: RegExp[]): void {
  assert.throws(work, (error: MetafoldError) => {
    assert.is(error.code, 'MF_CONFIG');
    for (const pattern of named) assert.match(error.message, pattern);
    return true;
  });
}

test('a privileged role of a token opens everything, and none is privileged unless named', async () => {
  const privilegedRoles = ['/auditor'];
  const grants = await grantsOf(['auditor', 'LOW'], { privilegedRoles });
  assert.is(grants.privileged, true);
  assert.equal(grants.granted, EVERYTHING);
  assert.equal(grants.labels, ALL_LABELS);
  assert.equal(grants.roles, ['s-low']);
  for (const roles of [['Auditor'], ['admin'], ['auditors'], []]) {
    const other = await grantsOf(roles, { privilegedRoles });
    assert.equal([other.privileged, other.granted], [false, []]);
  }
});

test('everybody holds everything where the source is all', async () => {
  const everything = { granted: EVERYTHING, labels: ALL_LABELS, securityEnabled: false, privileged: false, accountInfo: {}, roles: [] };
  assert.equal(await grantsOf([], { source: 'all' }), everything);
  assert.equal(await grantsOf(['LOW'], { source: 'all', privilegedRoles: ['LOW'] }), everything);
});

test('enforced TLPs are labels only of those who hold them', async () => {
  const policy = enforcedPolicy();
  const open = ['TLP:CLEAR', 'TLP:GREEN'];
  assert.equal((await grantsOf(['LOW'], { policy })).labels, ['LOW', ...open]);
  const holder = await grantsOf(['LOW', 'TLP:AMBER'], { policy });
  assert.equal(holder.labels, ['LOW', 'TLP:AMBER', ...open]);
  assert.equal(holder.granted, ['s-low', 's-tlp-amber']);
});

test('an account grants the roles that are named like safe labels', () => {
  const roles = ['own_index', 's-medium', 'azul_read', 's-any', 's-low', 'LOW', 'HIGH', 's-nope', 'kibana_user', 's-low'];
  const info = { user_name: 'alice', roles, backend_roles: ['HIGH'], tenants: {} };
  assert.equal(accountGrants(c0.table, { info, roles }, 'admin'), {
    granted: ['s-any', 's-low', 's-medium'],
    labels: ['LOW', 'MEDIUM', ...TLPS].sort(),
    securityEnabled: true,
    privileged: false,
    accountInfo: info,
    roles: ['HIGH', 'LOW', 'azul_read', 'kibana_user', 's-any', 's-low', 's-low', 's-medium', 's-nope'],
  });
});

test("the administrator's role of OpenSearch opens everything; the name of the service account does not", () => {
  const account = (user_name: string, roles: string[]) => accountGrants(c0.table, { info: { user_name, roles }, roles }, 'boss');
  const boss = account('alice', ['boss', 's-low']);
  assert.equal([boss.privileged, boss.granted, boss.labels, boss.roles], [true, EVERYTHING, ALL_LABELS, ['boss', 's-low']]);
  for (const other of [account('azul_writer', ['s-low']), account('boss', ['s-low']), account('alice', ['admin', 's-low'])]) {
    assert.equal([other.privileged, other.granted], [false, ['s-low']]);
  }
});

test('administrators are told by the roles of their token', () => {
  const admin = (roles: string[], adminRoles: string[]): boolean => isAdmin(identityWith(roles).user, adminRoles);
  assert.is(admin(['x', 'admin'], ['admin']), true);
  assert.is(admin(['b'], ['a', 'b']), true);
  assert.is(admin(['Admin', 'admins'], ['admin']), false);
  assert.is(admin([], ['admin']), false);
  assert.is(admin(['admin'], []), false);
});

type Outcome = LabelSource | 'refused';
const SOURCES: [setting: LabelSource | '', restapi: RestapiSecurity, noPlugin: boolean, outcome: Outcome][] = [
  ['', 'oidc', false, 'account'],
  ['', 'oidc_legacy', false, 'account'],
  ['', 'oidc', true, 'token'],
  ['', 'oidc_legacy', true, 'token'],
  ['', 'none', true, 'all'],
  ['', 'none', false, 'refused'],
  ['token', 'oidc', false, 'token'],
  ['token', 'oidc_legacy', true, 'token'],
  ['token', 'none', false, 'refused'],
  ['token', 'none', true, 'refused'],
  ['account', 'oidc', false, 'account'],
  ['account', 'none', false, 'refused'],
  ['account', 'none', true, 'refused'],
  ['all', 'oidc', false, 'all'],
  ['all', 'oidc', true, 'all'],
  ['all', 'none', false, 'all'],
  ['all', 'none', true, 'all'],
];

for (const [setting, restapi, noPlugin, outcome] of SOURCES) {
  test(`label source "${setting}", security ${restapi}, ${noPlugin ? 'no plugin' : 'plugin'}: ${outcome}`, () => {
    const resolve = (): LabelSource => resolveLabelSource(setting, restapi, noPlugin);
    if (outcome !== 'refused') assert.is(resolve(), outcome);
    else assertRefused(resolve, /metafold_label_source/, /restapi_security "none"/, /set metafold_label_source to "all"/);
  });
}

test('a refusal of the default tells of the setting that the local stack makes', () => {
  assertRefused(() => resolveLabelSource('', 'none', false), /means "account"/, /metastore_no_security_plugin_compatibility to true/);
});

test('requests cannot go to OpenSearch as a caller without token', () => {
  assertRefused(() => checkOpenSearchIdentity('caller', 'none'), /metafold_opensearch_identity/, /restapi_security/);
  checkOpenSearchIdentity('caller', 'oidc');
  checkOpenSearchIdentity('caller', 'oidc_legacy');
  checkOpenSearchIdentity('service', 'none');
});

test.run();
