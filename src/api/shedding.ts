/** Refuses what would only make the server slower for all (spec 04 §2.5): 503 under pressure, 429 for who asks too often. */
import rateLimit from '@fastify/rate-limit';
import underPressure from '@fastify/under-pressure';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { overloaded, refused } from './api-error.js';
import type { ApiServices } from './services.js';

const EVENT_LOOP_DELAY_MS = 2_000;
/** Whoever watches the server must see it when it is busiest. */
const WATCHED: ReadonlySet<string | undefined> = new Set(['/metrics', '/healthz', '/readyz']);

function isWatched({ routeOptions }: FastifyRequest): boolean {
  return WATCHED.has(routeOptions.url);
}

export async function shed(app: FastifyInstance, { config, metrics }: ApiServices): Promise<void> {
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

/** Counts by caller, so it comes after who that is; routes that need no caller are not limited. */
export async function limitRate(app: FastifyInstance, { config, metrics }: ApiServices): Promise<void> {
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
