/** One line a request for the audit, and its metrics (spec 04 §2.4). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { observeProgress, observeRequest, type ApiMetrics } from './metrics.js';

const UNKNOWN_ROUTE = '<unknown>';

export function auditRequests(app: FastifyInstance, metrics: ApiMetrics): void {
  app.addHook('onRequest', (request, _reply, done) => {
    observeProgress(metrics, request.method, 1);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    observeProgress(metrics, request.method, -1);
    const path = request.is404 ? UNKNOWN_ROUTE : (request.routeOptions.url ?? UNKNOWN_ROUTE);
    if (path !== '/metrics') {
      observeRequest(metrics, { method: request.method, path, status: reply.statusCode, seconds: reply.elapsedTime / 1_000 });
      request.log.info(auditLine(request, reply, path), 'audit');
    }
    done();
  });
}

function auditLine(request: FastifyRequest, reply: FastifyReply, route: string): Readonly<Record<string, unknown>> {
  return {
    request: request.id,
    client: `${request.ip}:${request.socket.remotePort ?? 0}`,
    connection: request.headers.connection,
    username: request.caller?.user.username ?? '-',
    method: request.method,
    path: request.url.split('?')[0],
    route,
    status: reply.statusCode,
    user_agent: request.headers['user-agent'],
    referer: request.headers.referer,
    duration_ms: Math.round(reply.elapsedTime * 1_000) / 1_000,
    security: reply.getHeader('x-azul-security'),
  };
}
