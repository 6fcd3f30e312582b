/** The private endpoint: all tasks with all that is known of them, on a listener of its own (spec 07 §10). Never routed publicly. */
import { createHash, timingSafeEqual } from 'node:crypto';
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { adminObject, TopicOutage } from '../../collections/tasks/index.js';
import type { Task, TaskStore } from '../../collections/types.js';
import type { CollectionsBackend } from './backend.js';
import { CollectionError, send } from './envelope.js';
import { answerErrors, keepBodies } from './index.js';

export interface AdminOptions {
  /** Not empty. */
  readonly token: string;
  readonly backend: CollectionsBackend;
  readonly log: FastifyBaseLogger;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Not yet listening. */
export function createAdminServer({ token, backend, log }: AdminOptions): FastifyInstance {
  const app = Fastify({ loggerInstance: log, disableRequestLogging: true, bodyLimit: 65_536 });
  const expected = digest(token);
  keepBodies(app);
  answerErrors(app);
  app.addHook('onRequest', (request, _reply, done) => {
    const [, given = ''] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (timingSafeEqual(digest(given), expected)) done();
    else done(new CollectionError(401, 'Unauthorised', ['unauthorised']));
  });
  const tasks = async (): Promise<TaskStore> => {
    try {
      return await backend.tasks();
    } catch (error) {
      throw error instanceof TopicOutage ? new CollectionError(503, 'storage unavailable', ['storage unavailable']) : error;
    }
  };
  const found = (store: TaskStore, id: string): Task => {
    const task = store.get(id);
    if (task === undefined) throw new CollectionError(404, 'Task not found', ['Task not found']);
    return task;
  };

  app.get<{ Querystring: Readonly<Record<string, string | undefined>> }>('/admin/tasks', async (request, reply) => {
    const { domain, type, status } = request.query;
    const all = (await tasks()).tasks().filter(({ record }) => {
      const isOf = (wanted: string | undefined, value: string): boolean => wanted === undefined || wanted === '' || wanted === value;
      return isOf(domain, record.domain) && isOf(type, 'redis') && isOf(status, record.status);
    });
    return send(reply, all.map(adminObject));
  });
  app.get<{ Params: { id: string } }>('/admin/tasks/:id', async (request, reply) =>
    send(reply, adminObject(found(await tasks(), request.params.id))),
  );
  app.post<{ Params: { id: string } }>('/admin/tasks/:id/rebuild', async (request, reply) => {
    const store = await tasks();
    const { record } = found(store, request.params.id);
    try {
      return await send(reply, { id: record.id, request: await store.requestRebuild(record.id) });
    } catch (error) {
      throw error instanceof TopicOutage ? new CollectionError(503, 'storage unavailable', ['storage unavailable']) : error;
    }
  });
  app.setNotFoundHandler(() => {
    throw new CollectionError(404, 'Not Found', ['Not Found']);
  });
  return app;
}
