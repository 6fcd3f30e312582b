/** Headers of every answer (spec 04 §2.1, §2.4, §15), and which origins may read them. */
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import type { ApiConfig } from '../config/index.js';

const ALL_METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];
/** What the peer lets browsers send in any case. */
const SAFE_HEADERS = ['Accept', 'Accept-Language', 'Content-Language', 'Content-Type'];

/** Registered before everything that may refuse a request, so that refusals have them too. Static headers win over the protective ones. */
export async function setHeaders(app: FastifyInstance, api: ApiConfig, defaultSecurity: string): Promise<void> {
  const fixed = {
    'x-azul-security': headerText(defaultSecurity),
    'x-azul-security-defaulted': 'true',
    'cache-control': 'private, no-store',
    'x-username': '-',
    vary: 'Authorization, Origin',
  };
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  });
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id).headers(api.headers);
    if (request.routeOptions.url !== '/metrics') void reply.headers(fixed);
    done();
  });
  if (api.cors.origins.length > 0) await allowOrigins(app, api.cors);
}

async function allowOrigins(app: FastifyInstance, { origins, methods, headers, credentials }: ApiConfig['cors']): Promise<void> {
  await app.register(cors, {
    delegator: ({ headers: given, method }, decide) =>
      decide(null, {
        origin: origins.includes('*') ? '*' : [...origins],
        methods: methods.includes('*') ? ALL_METHODS : [...methods],
        ...(!headers.includes('*') && { allowedHeaders: [...new Set([...SAFE_HEADERS, ...headers])].sort() }),
        credentials,
        // OPTIONS that asks for nothing is a method like others: 405.
        preflight: method === 'OPTIONS' && given.origin !== undefined && given['access-control-request-method'] !== undefined,
      }),
  });
}

/** Text as a header can carry it: what is beyond Latin-1, and control characters, percent-encoded. */
export function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\xff]/gu, (character) => Buffer.from(character).toString('hex').replace(/../g, '%$&'));
}
