/** The OpenAPI document and its page (spec 04 §2.1). */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import type { ApiConfig } from '../config/index.js';
import { VERSION } from '../version.js';

const OPEN = { config: { open: true }, schema: { hide: true } } as const;

export async function serveDocuments(app: FastifyInstance, api: ApiConfig): Promise<void> {
  const { prefix, rootPath, security, oidc } = api;
  await app.register(swagger, {
    exposeHeadRoutes: true,
    transform: ({ schema, url }) => {
      const { querystring, body } = schema ?? {};
      return {
        url,
        schema: {
          ...schema,
          ...(querystring !== undefined && { querystring: withoutFilledIn(querystring as object) }),
          ...(body !== undefined && { body: withoutFilledIn(body as object) }),
        },
      };
    },
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject;
      const paths = document.openapiObject.paths ?? {};
      letBodiesBeMissing(paths);
      answerHeadWithoutBody(paths);
      return document.openapiObject;
    },
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'metafold',
        description: 'Read API over the documents that metafold folds from the event log of Azul',
        version: VERSION,
      },
      servers: [{ url: rootPath === '' ? '/' : rootPath }],
      components: security === 'none' ? {} : { securitySchemes: { oidc: scheme(api) } },
      security: security === 'none' ? [] : [{ oidc: [] }],
    },
  });
  // Routes that come later are in the document too: it is made when it is asked for.
  app.get(`${prefix}/openapi.json`, OPEN, () => app.swagger());
  app.get('/', OPEN, (_request, reply) => reply.redirect(`${rootPath}${prefix}`, 307));
  app.get('/docs', OPEN, (_request, reply) => reply.redirect(`${rootPath}${prefix}`, 307));
  app.get(`${prefix}/redoc`, OPEN, (_request, reply) => reply.redirect(`${rootPath}${prefix}`, 307));
  await app.register(async (page) => {
    page.addHook('onRoute', (route) => {
      route.config = { ...route.config, open: true };
    });
    await page.register(swaggerUi, {
      routePrefix: prefix,
      staticCSP: true,
      // The page may be served without TLS.
      transformStaticCSP: (header) => header.replace(/\s*upgrade-insecure-requests;?/, ''),
      uiConfig: { deepLinking: true, tryItOutEnabled: true },
      ...(security !== 'none' && { initOAuth: { clientId: oidc.clientId, scopes: oidc.scopes.split(' ') } }),
      theme: { title: 'metafold API' },
    });
  });
}

/** What has a default need not be given: validation fills it in, so that only the types of handlers say that it is always there. */
function withoutFilledIn<
  T extends { readonly required?: readonly string[]; readonly properties?: Readonly<Record<string, { readonly default?: unknown }>> },
>(schema: T): T {
  const { required, properties = {} } = schema;
  return required === undefined ? schema : { ...schema, required: required.filter((name) => properties[name]?.default === undefined) };
}

type Paths = Readonly<Record<string, object | undefined>>;

interface Operation {
  readonly requestBody?: {
    required?: boolean;
    readonly content: Readonly<Record<string, { readonly schema?: { readonly type?: string; readonly required?: readonly string[] } }>>;
  };
}

/** A body of which no field is required need not be sent; the framework says of every body that it must. */
function letBodiesBeMissing(paths: Paths): void {
  for (const { requestBody } of Object.values(paths).flatMap((path) => Object.values(path ?? {}) as Operation[])) {
    if (requestBody === undefined) continue;
    const schemas = Object.values(requestBody.content).map(({ schema }) => schema);
    requestBody.required = !schemas.every((schema) => schema?.type === 'object' && (schema.required ?? []).length === 0);
  }
}

/** Whatever the schemas of a route say, which describe the same answer to GET. */
function answerHeadWithoutBody(paths: Paths): void {
  for (const path of Object.values(paths)) {
    const { head } = (path ?? {}) as { readonly head?: { readonly responses?: Readonly<Record<string, { content?: unknown }>> } };
    for (const response of Object.values(head?.responses ?? {})) delete response.content;
  }
}

function scheme({ oidc, security }: ApiConfig) {
  return security === 'oidc_legacy'
    ? { type: 'http' as const, scheme: 'bearer', bearerFormat: 'JWT' }
    : { type: 'openIdConnect' as const, openIdConnectUrl: `${oidc.authorityUrl}/.well-known/openid-configuration` };
}
