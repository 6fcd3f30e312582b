/** Every failure of a request becomes an answer here, and only here (spec 04 §2.5). */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError, refused } from './api-error.js';

/** Failures that the framework finds before a handler runs. */
const SHELL: Readonly<Record<string, (error: FastifyError) => ApiError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => refused(413, 'the body is too large'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => refused(400, 'the body does not have the length that its header says'),
  FST_ERR_BAD_URL: () => refused(400, 'the address is not well formed'),
};

export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | ApiError, request, reply) => {
    const answer = error instanceof ApiError ? error : SHELL[error.code]?.(error);
    if (answer !== undefined) return sendError(request, reply, answer);
    if (request.left.signal.aborted) return reply.code(499).send();
    request.log.error({ err: error, request: request.id }, 'unhandled failure of a request');
    void reply.removeHeader('x-username');
    return reply.code(500).type('text/plain; charset=utf-8').send('Internal Server Error');
  });
}

function sendError(request: FastifyRequest, reply: FastifyReply, { status, body, headers, cause }: ApiError): FastifyReply {
  if (status >= 500) request.log.warn({ err: cause, request: request.id, status }, 'request could not be answered');
  return reply.code(status).headers(headers).type('application/json; charset=utf-8').send(JSON.stringify(body));
}
