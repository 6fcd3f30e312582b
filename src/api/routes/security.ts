/** The configured labels and what can be done with security strings (spec 04 §5.2, 03 §6). */
import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import { SecurityError } from '../../../projections/security/errors.js';
import { answers } from '../answers.js';
import { refused } from '../api-error.js';
import { callerOf } from '../caller.js';
import { keptAnswers, sendKept } from '../etag.js';
import type { Api } from '../route-api.js';
import type { ApiServices } from '../services.js';

const Texts = Type.Array(Type.String());
const Priority = Type.Integer();

const SecuritySettingsModel = Type.Object({
  labels: Type.Object({
    classification: Type.Object({ title: Type.String(), options: Type.Array(Type.Object({ name: Type.String(), priority: Priority })) }),
    caveat: Type.Object({
      title: Type.String(),
      options: Type.Array(Type.Object({ name: Type.String(), min_priority: Priority, max_priority: Priority })),
    }),
    releasability: Type.Object({
      title: Type.String(),
      options: Type.Array(Type.Object({ name: Type.String() })),
      origin: Type.String(),
      origin_alt_name: Type.String(),
      prefix: Type.String(),
    }),
    tlp: Type.Object({
      title: Type.String(),
      options: Type.Array(Type.Object({ name: Type.String(), enforce_security: Type.Boolean() })),
    }),
  }),
  admin_roles: Texts,
  default: Type.String(),
  presets: Texts,
  allow_releasability_priority_gte: Priority,
  minimum_required_access: Texts,
});

const SecurityText = Type.Object({ security: Type.String({ default: '' }) });

export function registerSecurity(api: Api, { config }: ApiServices): void {
  const policy = config.security;
  const { labels, admin_roles, presets, allow_releasability_priority_gte, minimum_required_access } = policy.settings;
  const settings = JSON.stringify({
    labels,
    admin_roles,
    default: policy.settings.default,
    presets,
    allow_releasability_priority_gte,
    minimum_required_access,
  });

  api.get(
    '/v0/security',
    { schema: { tags: ['security'], summary: 'the labels and rules of security strings', response: keptAnswers(SecuritySettingsModel) } },
    (request, reply) => sendKept(request, reply, settings),
  );
  api.post(
    '/v1/security/normalise',
    {
      schema: {
        tags: ['security'],
        summary: 'a security string in its one spelling',
        body: SecurityText,
        response: answers(Type.String()),
      },
    },
    (request, reply) =>
      sendText(
        reply,
        securityText('invalid security strings', () => policy.normalise(request.body.security)),
      ),
  );
  api.post(
    '/v1/security/max',
    { schema: { tags: ['security'], summary: 'the most restrictive reading of several', body: Texts, response: answers(Type.String()) } },
    (request, reply) => {
      const result = securityText('invalid security strings or combination', () => policy.combine(request.body));
      if (result === '') throw refused(400, 'empty result', 'empty result');
      return sendText(reply, result);
    },
  );
  api.get(
    '/v0/security/is_admin',
    { schema: { tags: ['security'], summary: 'whether the caller is an administrator', response: answers(Type.Boolean()) } },
    (request, reply) => reply.send(callerOf(request).admin as never),
  );
}

/** A text would be sent as it is. */
function sendText(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(text));
}

/** The peer answers what is wrong in both fields. */
function securityText(what: string, make: () => string): string {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof SecurityError)) throw error;
    const text = `${what}: ${error.message}`;
    throw refused(400, text, text);
  }
}
