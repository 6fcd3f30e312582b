/** The HTTP server of the read API: the shell around the routes (spec 04 §2). */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import compress from '@fastify/compress';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import underPressure from '@fastify/under-pressure';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { documentJson } from '../../projections/json.js';
import type { DocumentBody } from '../../projections/types.js';
import { detailed, overloaded, refused } from './api-error.js';
import { auditRequests } from './audit.js';
import { parseBodies } from './body.js';
import { createCallerGate, labelAnswer } from './caller.js';
import { serveDocuments } from './docs.js';
import { answerErrors } from './errors.js';
import { serveHealth } from './health.js';
import { routes } from './routes/index.js';
import type { ApiServices } from './services.js';
import { answerUnknownPaths } from './unknown-paths.js';
import { validate } from './validation.js';

/** What a route's file registers its routes on. */
export type Api = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxTypeProvider>;

const MAX_URL_LENGTH = 32_768;
const MAX_HEADER_BYTES = 65_536;
const MAX_PARAMETER_LENGTH = 8_192;
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
const EVENT_LOOP_DELAY_MS = 2_000;
const PLACES = { body: 'body', querystring: 'query', params: 'path', headers: 'header' } as const;

/** The server with all routes, not yet listening. `close` ends it, its clients stay the caller's. */
export async function createApi(services: ApiServices): Promise<FastifyInstance> {
  const { config, log } = services;
  const { api } = config;
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: api.bodyLimit,
    trustProxy: api.trustProxy,
    exposeHeadRoutes: false,
    requestIdHeader: false,
    genReqId: ({ headers }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    },
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    http: { maxHeaderSize: MAX_HEADER_BYTES },
    forceCloseConnections: 'idle',
  }).withTypeProvider<TypeBoxTypeProvider>();
  // A body may come with GET (spec 04 §6.1).
  app.addHttpMethod('GET', { hasBody: true, overrideExisting: true });
  app.decorateRequest('caller', undefined);
  app.decorateRequest('context', undefined);
  app.decorateRequest('left');

  answerUnknownPaths(app, api.rootPath);
  parseBodies(app);
  answerErrors(app);
  readBySchemas(app);
  followDepartures(app);
  auditRequests(app, services.metrics);
  setHeaders(app, services);
  await shed(app, services);
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  });
  await app.register(cors, {
    origin: [...api.cors.origins],
    methods: [...api.cors.methods],
    allowedHeaders: [...api.cors.headers],
    credentials: api.cors.credentials,
    strictPreflight: false,
  });
  await app.register(compress, { threshold: 1_024, encodings: ['br', 'gzip'] });
  await serveDocuments(app, api);
  serveHealth(app, services);
  identifyCallers(app, services);
  await limitRate(app, services);
  await app.register(
    (scope, _options, done) => {
      for (const register of routes) register(scope, services);
      done();
    },
    { prefix: api.prefix },
  );
  return app;
}

/** Validation by the schemas beside the handlers. Answers are written as they are: the schemas only describe them. */
function readBySchemas(app: FastifyInstance): void {
  app.setValidatorCompiler<TSchema>(({ schema, httpPart }) => {
    const where = PLACES[httpPart as keyof typeof PLACES];
    return (given: unknown) => {
      if (where === 'header') return { value: given };
      if (where === 'body' && (given === undefined || given === null)) {
        return (schema as { required?: unknown }).required === undefined ? { value: {} } : { error: problems(missingBody()) };
      }
      const result = validate(schema, where, given);
      return 'value' in result ? { value: result.value } : { error: problems(result.problems) };
    };
  });
  app.setSerializerCompiler(
    () => (data) => (typeof data === 'object' && data !== null ? documentJson(data as DocumentBody) : JSON.stringify(data)),
  );
  app.setSchemaErrorFormatter((errors) => (errors as unknown as { readonly error: Error }).error ?? new Error('validation'));
}

const missingBody = () => [{ type: 'missing', loc: ['body'], msg: 'Field required', input: null }];

function problems(list: readonly object[]): Error {
  return detailed(422, list);
}

function followDepartures(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    request.left = new AbortController();
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) request.left.abort(new Error('the caller left'));
    });
    if (request.url.length > MAX_URL_LENGTH) {
      done(refused(414, `the address has ${request.url.length} characters, expected at most ${MAX_URL_LENGTH}`));
      return;
    }
    done();
  });
}

function setHeaders(app: FastifyInstance, { config }: ApiServices): void {
  const fixed = {
    ...config.api.headers,
    'x-azul-security': config.security.defaultSecurity,
    'x-azul-security-defaulted': 'true',
    'cache-control': 'private, no-store',
    'x-username': '-',
    vary: 'Authorization, Origin',
  };
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    if (!isWatched(request)) void reply.headers(fixed);
    done();
  });
}

/** Refuses what would only make it slower for all. */
async function shed(app: FastifyInstance, { config, metrics }: ApiServices): Promise<void> {
  let inFlight = 0;
  await app.register(underPressure, {
    maxEventLoopDelay: EVENT_LOOP_DELAY_MS,
    pressureHandler: (request) => {
      if (isWatched(request)) return;
      metrics.shed.inc({ reason: 'event loop' });
      throw overloaded();
    },
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (isWatched(request)) {
      done();
      return;
    }
    if (inFlight >= config.api.maxInFlight) {
      metrics.shed.inc({ reason: 'requests in flight' });
      done(overloaded());
      return;
    }
    inFlight++;
    reply.raw.once('close', () => inFlight--);
    done();
  });
}

/** Whoever watches the server must see it when it is busiest. */
function isWatched({ url }: FastifyRequest): boolean {
  return url.startsWith('/metrics') || url === '/healthz' || url === '/readyz';
}

function identifyCallers(app: FastifyInstance, services: ApiServices): void {
  const gate = createCallerGate(services);
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404 || request.routeOptions.config.open === true) return;
    request.caller = await gate.identify(request);
    void reply.header('x-username', request.caller.user.username);
    labelAnswer(reply, request.caller.access.max_access_display);
  });
  app.addHook('preHandler', (request, _reply, done) => {
    if (request.caller !== undefined && request.routeOptions.config.documents === true) {
      request.context = gate.limit(request, request.caller);
    }
    done();
  });
}

async function limitRate(app: FastifyInstance, { config, metrics }: ApiServices): Promise<void> {
  if (config.api.rateLimit === 0) return;
  await app.register(rateLimit, {
    max: config.api.rateLimit,
    timeWindow: '1 minute',
    hook: 'preHandler',
    // Without accounts there is one caller; its addresses are told apart.
    keyGenerator: (request) => (config.api.security === 'none' ? request.ip : (request.caller?.user.unique_id ?? request.ip)),
    allowList: (request) => request.routeOptions.config.open === true,
    errorResponseBuilder: (_request, { after }) => {
      metrics.shed.inc({ reason: 'rate' });
      return refused(429, `more than ${config.api.rateLimit} requests a minute, try again in ${after}`);
    },
  });
}
