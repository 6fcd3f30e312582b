/** One line a request for the audit, and its metrics (spec 04 §2.4). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { observeProgress, observeRequest, type ApiMetrics } from './metrics.js';

const UNKNOWN_ROUTE = '<unknown>';
/** Logged as the status of an answer that nobody waited for. */
export const LEFT = 499;

/** Requests are over when their connection is done with them, also when the caller left before the answer. */
export function auditRequests(app: FastifyInstance, metrics: ApiMetrics): void {
  app.addHook('onRequest', (request, reply, done) => {
    observeProgress(metrics, request.method, 1);
    // Nobody knows it any more once the connection is closed.
    const client = `${request.ip}:${request.socket.remotePort ?? 0}`;
    reply.raw.once('close', () => {
      observeProgress(metrics, request.method, -1);
      const path = request.is404 ? UNKNOWN_ROUTE : routeOf(request);
      const status = reply.raw.writableFinished ? reply.statusCode : LEFT;
      observeRequest(metrics, { method: request.method, path, status, seconds: reply.elapsedTime / 1_000 });
      if (path !== '/metrics') request.log.info({ client, ...auditLine(request, reply, { route: path, status }) }, 'audit');
    });
    done();
  });
}

/** The template of a request's path as the OpenAPI document spells it. */
export function routeOf({ routeOptions }: FastifyRequest): string {
  return routeOptions.url?.replace(/:([A-Za-z0-9_]+)/g, '{$1}') ?? UNKNOWN_ROUTE;
}

function auditLine(
  request: FastifyRequest,
  reply: FastifyReply,
  { route, status }: { readonly route: string; readonly status: number },
): Readonly<Record<string, unknown>> {
  return {
    connection: request.headers.connection,
    username: request.caller?.user.username ?? '-',
    method: request.method,
    path: request.url.split('?')[0],
    route,
    status,
    user_agent: request.headers['user-agent'],
    referer: request.headers.referer?.split('?')[0],
    duration_ms: Math.round(reply.elapsedTime * 1_000) / 1_000,
    security: reply.getHeader('x-azul-security'),
  };
}
