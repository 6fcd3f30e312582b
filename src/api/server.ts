/** The HTTP server of the read API: the shell around the routes (spec 04 §2). */
import { randomUUID } from 'node:crypto';
import compress from '@fastify/compress';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { LogController, type FastifyInstance } from 'fastify';
import type { TSchema } from 'typebox';
import { documentJson } from '../../projections/json.js';
import type { DocumentBody } from '../../projections/types.js';
import { detailed, refused } from './api-error.js';
import { auditRequests } from './audit.js';
import { answerBadHttp, decodablePath } from './bad-http.js';
import { parseBodies } from './body.js';
import { serveCollections } from './collections/index.js';
import { createCallerGate, labelAnswer } from './caller.js';
import { followDepartures, refuseWhenStopping } from './departures.js';
import { serveDocuments } from './docs.js';
import { answerErrors } from './errors.js';
import { headerText, setHeaders } from './headers.js';
import { serveHealth } from './health.js';
import { routes } from './routes/index.js';
import type { ApiServices } from './services.js';
import { limitRate, shed } from './shedding.js';
import { answerUnknownPaths } from './unknown-paths.js';
import { validate } from './validation.js';

const MAX_URL_LENGTH = 32_768;
const MAX_HEADER_BYTES = 65_536;
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
/** Milliseconds that a request has to arrive: its headers, all of it; and how often that is looked at. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
const TIMEOUT_CHECK_MS = 2_000;
const PLACES = { body: 'body', querystring: 'query', params: 'path', headers: 'header' } as const;

/** The server with all routes, not yet listening. `close` ends it, its clients stay the caller's. */
export async function createApi(services: ApiServices): Promise<FastifyInstance> {
  const { config, log } = services;
  const { api } = config;
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request' }),
    bodyLimit: api.bodyLimit,
    trustProxy: api.trustProxy,
    exposeHeadRoutes: false,
    requestIdHeader: false,
    genReqId: ({ headers }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    },
    // As long as an address can be: a route says what is wrong with a value, or the address as a whole is too long.
    routerOptions: { maxParamLength: MAX_HEADER_BYTES },
    rewriteUrl: ({ url }) => decodablePath(url ?? '/'),
    clientErrorHandler: answerBadHttp,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: TIMEOUT_CHECK_MS },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
  }).withTypeProvider<TypeBoxTypeProvider>();
  // A body may come with GET (spec 04 §6.1).
  app.addHttpMethod('GET', { hasBody: true, overrideExisting: true });
  app.decorateRequest('caller', undefined);
  app.decorateRequest('context', undefined);
  app.decorateRequest('left');

  parseBodies(app);
  answerErrors(app);
  readBySchemas(app);
  followDepartures(app);
  auditRequests(app, services.metrics);
  await setHeaders(app, api, config.security.defaultSecurity);
  refuseWhenStopping(app);
  limitAddress(app);
  await shed(app, services);
  answerUnknownPaths(app, api.rootPath);
  await app.register(compress, { threshold: 1_024, encodings: ['br', 'gzip'] });
  await serveDocuments(app, api);
  serveHealth(app, services);
  identifyCallers(app, services);
  await limitRate(app, services);
  if (services.collections !== undefined) await serveCollections(app, services.collections);
  await app.register(
    (scope, _options, done) => {
      for (const register of routes) register(scope, services);
      done();
    },
    { prefix: api.prefix },
  );
  return app;
}

interface Body extends TSchema {
  readonly type?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, { readonly default?: unknown }>>;
}

/** Validation by the schemas beside the handlers. Answers are written as they are: the schemas only describe them. */
function readBySchemas(app: FastifyInstance): void {
  app.setValidatorCompiler<Body>(({ schema, httpPart }) => {
    const where = PLACES[httpPart as keyof typeof PLACES];
    return (given: unknown) => {
      if (where === 'header') return { value: given };
      const absent = where === 'body' && (given === undefined || given === null);
      if (absent && !isOptional(schema)) return { error: problems(missingBody()) };
      const result = validate(schema, where, absent ? {} : given);
      return 'value' in result ? { value: result.value } : { error: problems(result.problems) };
    };
  });
  app.setSerializerCompiler(
    () => (data) => (typeof data === 'object' && data !== null ? documentJson(data as DocumentBody) : JSON.stringify(data)),
  );
}

/** Whether a body may be left out: an object whose members all may. */
function isOptional(body: Body): boolean {
  return body.type === 'object' && (body.required ?? []).every((name) => body.properties?.[name]?.default !== undefined);
}

const missingBody = () => [{ type: 'missing', loc: ['body'], msg: 'Field required', input: null }];

function problems(list: readonly object[]): Error {
  return detailed(422, list);
}

/** Longer ones are refused before anything looks into them. */
function limitAddress(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { length } = request.url;
    if (length <= MAX_URL_LENGTH) done();
    else done(refused(414, `the address has ${length} characters, expected at most ${MAX_URL_LENGTH}`));
  });
}

function identifyCallers(app: FastifyInstance, services: ApiServices): void {
  const gate = createCallerGate(services);
  app.addHook('onRequest', async (request, reply) => {
    // OPTIONS is of no route: it is answered before, or with 405.
    if (request.method === 'OPTIONS' || request.routeOptions.config.open === true) return;
    request.caller = await gate.identify(request);
    void reply.header('x-username', headerText(request.caller.user.username));
    labelAnswer(reply, request.caller.access.max_access_display);
  });
  app.addHook('preHandler', (request, _reply, done) => {
    if (request.caller !== undefined && request.routeOptions.config.documents === true) {
      request.context = gate.limit(request, request.caller);
    }
    done();
  });
}
