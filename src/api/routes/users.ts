/** Who the caller is (spec 04 §5.1). */
import Type from 'typebox';
import { answers } from '../answers.js';
import { callerOf } from '../caller.js';
import type { Api } from '../route-api.js';

const Texts = Type.Array(Type.String());
const Free = Type.Object({}, { additionalProperties: true });

const UserInfo = Type.Object({
  username: Type.String(),
  org: Type.String(),
  email: Type.String(),
  roles: Texts,
  credentials: Type.Null(),
  decoded: Free,
  unique_id: Type.String(),
});

const UserAccess = Type.Object({
  account_info: Free,
  security_enabled: Type.Boolean(),
  privileged: Type.Boolean(),
  roles: Texts,
  security: Type.Object({
    labels: Texts,
    labels_inclusive: Texts,
    labels_exclusive: Texts,
    labels_markings: Texts,
    unique: Type.String({ description: 'MD5 of the labels' }),
    max_access: Type.String(),
    max_access_display: Type.String(),
    allowed_presets: Texts,
  }),
});

export function registerUsers(api: Api): void {
  api.get(
    '/v0/users/me',
    { schema: { tags: ['users'], summary: 'the caller, as its token says', response: answers(UserInfo) } },
    (request, reply) => {
      const { username, org, email, roles, decoded, unique_id } = callerOf(request).user;
      return reply.send({ username, org, roles, email, credentials: null, decoded, unique_id });
    },
  );
  api.get(
    '/v0/users/me/opensearch',
    { schema: { tags: ['users'], summary: 'the labels that the caller may read', response: answers(UserAccess) } },
    (request, reply) => {
      const { grants, access } = callerOf(request);
      return reply.send({
        account_info: grants.accountInfo,
        security_enabled: grants.securityEnabled,
        privileged: grants.privileged,
        roles: grants.roles,
        security: access,
      });
    },
  );
}
