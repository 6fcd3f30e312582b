/** Every failure of a request becomes an answer here, and only here (spec 04 §2.5). */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError, refused } from './api-error.js';
import { LEFT } from './audit.js';
import { notAnObject } from './body.js';

/** Failures that the framework finds before a handler runs, by its codes. */
const SHELL: Readonly<Record<string, ApiError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: refused(413, 'the body is too large'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: refused(400, 'the body does not have the length that its header says'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: notAnObject(),
};

export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | ApiError, request, reply) => {
    // Nobody reads this; it is for the log.
    if (request.left.signal.aborted) return reply.code(LEFT).send();
    const answer = error instanceof ApiError ? error : ofShell(error);
    if (answer !== undefined) return sendError(request, reply, answer);
    request.log.error({ error: loggable(error) }, 'unhandled failure of a request');
    void reply.removeHeader('x-username');
    return reply.code(500).type('text/plain; charset=utf-8').send('Internal Server Error');
  });
}

function ofShell({ code, statusCode = 500 }: FastifyError): ApiError | undefined {
  const isRequests = code?.startsWith('FST_') && statusCode >= 400 && statusCode < 500;
  return SHELL[code] ?? (isRequests ? refused(statusCode, 'the request is not well formed') : undefined);
}

function sendError(request: FastifyRequest, reply: FastifyReply, { status, body, headers, cause }: ApiError): FastifyReply {
  if (cause !== undefined) {
    const level = status >= 500 ? 'warn' : 'info';
    request.log[level]({ error: loggable(cause), status }, 'request could not be answered');
  }
  return reply.code(status).headers(headers).type('application/json; charset=utf-8').send(JSON.stringify(body));
}

const MAX_LOGGED_CHARACTERS = 2_000;

/** Errors of clients carry the request that failed, with its credentials: only what is known to be harmless is logged. */
function loggable(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack } = error;
  return { name, message: message.slice(0, MAX_LOGGED_CHARACTERS), stack: stack?.slice(0, MAX_LOGGED_CHARACTERS) };
}
