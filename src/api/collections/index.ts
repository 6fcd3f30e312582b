/** Collections over HTTP: at the server's root and under `/search`, not under the API's prefix (spec 07, head). */
import type { FastifyError, FastifyInstance } from 'fastify';
import { messageOf } from '../../errors.js';
import { ApiError } from '../api-error.js';
import { CollectionError, sendError } from './envelope.js';
import type { CollectionsBackend } from './backend.js';
import { registerCollectionRoutes, type CollectionRoutes } from './routes.js';

export { createCollectionsBackend } from './backend.js';

/** What `serve` opens for them. */
export interface CollectionsService extends CollectionRoutes {
  readonly backend: CollectionsBackend;
}

/** Registers the routes; whatever fails below `/search` is answered in their envelope. */
export async function serveCollections(app: FastifyInstance, services: CollectionRoutes): Promise<void> {
  const register = (scope: FastifyInstance): void => {
    keepBodies(scope);
    answerErrors(scope);
    registerCollectionRoutes(scope, services);
  };
  await app.register((scope, _options, done) => {
    register(scope);
    done();
  });
  await app.register(
    (scope, _options, done) => {
      register(scope);
      scope.setNotFoundHandler(() => {
        throw new CollectionError(404, 'Not Found', ['Not Found']);
      });
      done();
    },
    { prefix: '/search' },
  );
}

/** A body is signed as it came. */
export function keepBodies(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, text, done) => done(null, text));
}

export function answerErrors(scope: FastifyInstance): void {
  scope.setErrorHandler((error: FastifyError | ApiError | CollectionError, request, reply) => {
    if (error instanceof CollectionError) return sendError(reply, error);
    if (error instanceof ApiError) {
      const { status, headers, body } = error;
      const text = 'message' in body ? body.message : typeof body.detail === 'string' ? body.detail : JSON.stringify(body.detail);
      return sendError(reply.headers(headers), new CollectionError(status, text, [text]));
    }
    const { statusCode = 500 } = error;
    if (statusCode >= 400 && statusCode < 500) return sendError(reply, new CollectionError(statusCode, error.message, [error.message]));
    request.log.error({ problem: messageOf(error), stack: error.stack?.slice(0, 2_000) }, 'unhandled failure of a request');
    return sendError(reply, new CollectionError(500, 'Internal Server Error', ['Internal Server Error']));
  });
}
