/** Callers that leave, and a server that stops: both end what is under way in order. */
import type { FastifyInstance } from 'fastify';
import { ApiError } from './api-error.js';

/** Aborts `request.left` when the caller is gone before its answer is sent, so that OpenSearch is not kept busy for nobody. */
export function followDepartures(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    request.left = new AbortController();
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) request.left.abort(new Error('the caller left'));
    });
    done();
  });
}

/** Once the server closes, requests under way are answered and their connections ended; new ones on open connections are refused. */
export function refuseWhenStopping(app: FastifyInstance): void {
  let stopping = false;
  app.addHook('preClose', (done) => {
    stopping = true;
    done();
  });
  app.addHook('onRequest', (_request, _reply, done) => {
    if (!stopping) done();
    else done(new ApiError(503, { ref: '', message: 'the server is being stopped' }, { 'Retry-After': '1' }));
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (stopping) void reply.header('connection', 'close');
    done(null, payload);
  });
}
