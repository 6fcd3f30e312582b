/** Endpoints of collections as Devo's client asks for them (spec 07 §3, §8, §9). Bodies stay texts until the signature over them is checked. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { KeyError } from '../../../projections/collections/coerce.js';
import { LinqError } from '../../../projections/collections/linq/index.js';
import { Unauthorised, type CollectionCaller, type Credentials } from '../../collections/credentials/index.js';
import { createTask, isFields, lookUp, MAX_KEYS, readTaskRequest, type LookUpKind } from '../../collections/requests/index.js';
import { StoreOutage } from '../../collections/redis/index.js';
import {
  CODE_TEXTS,
  maySee,
  removeTask,
  startTask,
  statusObject,
  stopTask,
  TASK_CODES,
  TopicOutage,
  type TaskAnswer,
  type TaskCode,
} from '../../collections/tasks/index.js';
import type { Task, TaskStore } from '../../collections/types.js';
import type { CollectionsConfig } from '../../config/collections.js';
import type { CollectionsBackend } from './backend.js';
import { CollectionError, launchError, lookUpError, send } from './envelope.js';
import { anyTable, queryTasks } from './task-table.js';

export interface CollectionRoutes {
  readonly settings: CollectionsConfig;
  readonly backend: CollectionsBackend;
  readonly credentials: Credentials;
}

/** The server's own gate is not asked: callers come with other credentials. Not part of the API's document, which is the peer's. */
const OPEN = { config: { open: true }, schema: { hide: true } } as const;

type Params = Readonly<Record<string, string>>;
type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Registers all of them at the scope's prefix. */
export function registerCollectionRoutes(app: FastifyInstance, services: CollectionRoutes): void {
  const { settings, backend, credentials } = services;
  const callerOf = async (request: FastifyRequest): Promise<CollectionCaller> => {
    try {
      return await credentials({ headers: request.headers, body: bodyText(request) });
    } catch (error) {
      throw error instanceof Unauthorised ? new CollectionError(401, 'Unauthorised', ['unauthorised'], { cause: error }) : error;
    }
  };

  app.post('/query', OPEN, async (request, reply) => {
    const caller = await callerOf(request).catch((error: unknown) => {
      throw error instanceof CollectionError ? launchError(error.status, error.problems) : error;
    });
    const body = parseBody(request, (problem) => launchError(400, [problem]));
    if (!isFields(body)) throw launchError(400, ['body: must be an object']);
    if (body.destination === undefined || body.destination === null) return plainQuery(reply, body, caller);
    return launch(reply, body, caller);
  });

  async function launch(reply: FastifyReply, body: unknown, { domain, labels }: CollectionCaller): Promise<FastifyReply> {
    const read = readTaskRequest(body, { domain, labels, keyHash: settings.keyHash, now: Date.now() });
    if (read.kind === 'refused') throw launchError(400, read.problems);
    try {
      const tasks = await backend.tasks();
      // A task whose keys could not be written is none that anybody wants.
      await (await backend.store()).ping();
      const outcome = await createTask(tasks, read.record, settings.maxTasks);
      if (outcome.kind === 'refused') throw launchError(outcome.status, [outcome.problem]);
      const { id, redisKeyBase } = outcome.task.record;
      return await send(reply, { id, redisKeyBase });
    } catch (error) {
      throw isOutage(error) ? launchError(503, ['storage unavailable']) : error;
    }
  }

  /** Without a destination only tasks themselves can be asked for. */
  async function plainQuery(reply: FastifyReply, body: Readonly<Record<string, unknown>>, caller: CollectionCaller): Promise<FastifyReply> {
    const { query, mode } = body;
    if (typeof query !== 'string' || query.trim() === '') throw launchError(400, ['query: is required']);
    const type = isFields(mode) && mode.type !== undefined ? mode.type : 'json';
    if (type !== 'json' && type !== 'json/simple/compact') {
      throw launchError(400, ["mode.type: must be 'json' or 'json/simple/compact'"]);
    }
    try {
      const result = queryTasks(query, visible(await backend.tasks(), caller));
      if (result === undefined) throw launchError(400, ['query: destination is required']);
      const { columns, rows } = result;
      if (type === 'json')
        return await send(
          reply,
          rows.map((row) => Object.fromEntries(row.map((value, i) => [columns[i]!.name, value]))),
        );
      const head = { m: Object.fromEntries(columns.map((column, index) => [column.name, { type: column.type, index }])) };
      const lines = [JSON.stringify(head), ...rows.map((row) => JSON.stringify({ d: row }))];
      return await reply.type('application/json; charset=utf-8').send(`${lines.join('\n')}\n`);
    } catch (error) {
      if (error instanceof LinqError) throw launchError(400, [error.message]);
      throw isOutage(error) ? launchError(503, ['storage unavailable']) : error;
    }
  }

  app.get<{ Params: Params }>('/table/:table', OPEN, async (request, reply) => {
    await callerOf(request);
    const name = request.params.table!;
    const table = anyTable(name);
    if (table === undefined) {
      const problem = `Access not allowed for table '${name}'`;
      throw new CollectionError(403, problem, [problem]);
    }
    return send(
      reply,
      table.columns.map((column) => ({ fieldName: column.name, type: column.type })),
    );
  });

  app.route<{ Querystring: Query }>({
    method: ['GET', 'POST'],
    url: '/jobs',
    ...OPEN,
    handler: async (request, reply) => {
      const caller = await callerOf(request);
      const { type, name } = request.query;
      const tasks = visible(await tasksOrOutage(), caller).filter(({ record }) => {
        return (
          (type === undefined || type === '' || type === 'redis') && (typeof name !== 'string' || record.friendlyName.startsWith(name))
        );
      });
      return send(reply, tasks.map(statusObject));
    },
  });

  const job = (url: string, act: (tasks: TaskStore, id: string) => Promise<TaskAnswer>): void => {
    app.route<{ Params: Params }>({
      method: ['GET', 'POST'],
      url,
      ...OPEN,
      handler: async (request, reply) => {
        const caller = await callerOf(request);
        const id = request.params.id!;
        const tasks = await tasksOrOutage();
        if ((await seen(tasks, () => tasks.get(id), caller)) === undefined) return failed(reply, TASK_CODES.notFound);
        const { code, task } = await act(tasks, id);
        return code === TASK_CODES.ok && task !== undefined ? send(reply, statusObject(task)) : failed(reply, code);
      },
    });
  };
  job('/job/:id', (tasks, id) => {
    const task = tasks.get(id);
    return Promise.resolve({ code: task === undefined ? TASK_CODES.notFound : TASK_CODES.ok, task });
  });
  job('/job/stop/:id', (tasks, id) => stopTask(tasks, id, Date.now()));
  job('/job/start/:id', (tasks, id) => startTask(tasks, id, Date.now()));
  job('/job/remove/:id', (tasks, id) => removeTask(tasks, id, Date.now()));

  const paths: readonly (readonly [string, LookUpKind])[] = [
    ['cchas', 'cchas'],
    ['ccheck', 'cchas'],
    ['ccget', 'ccget'],
  ];
  for (const [path, kind] of paths) {
    app.route<{ Params: Params; Querystring: Query }>({
      method: ['GET', 'POST'],
      url: `/collection/:name/${path}`,
      ...OPEN,
      handler: async (request, reply) => {
        const caller = await callerOf(request);
        const asked =
          request.method === 'GET' ? { key: listOf(request.query.k) } : parseBody(request, (problem) => lookUpError(400, problem));
        return find(reply, kind, request.params.name!, asked, caller);
      },
    });
  }

  async function find(
    reply: FastifyReply,
    kind: LookUpKind,
    name: string,
    asked: unknown,
    caller: CollectionCaller,
  ): Promise<FastifyReply> {
    try {
      const tasks = await backend.tasks();
      const task = await seen(tasks, () => tasks.named(caller.domain, name), caller);
      if (task === undefined) throw lookUpError(404, `collection '${name}' not found`);
      if (settings.deleteVisibility === 'hide' && task.progress?.rebuilding === true) throw lookUpError(503, 'collection is rebuilding');
      const { keys, single } = readKeys(asked);
      const found = await lookUp(await backend.store(), task, kind, keys, Date.now(), (index) => (single ? 'key' : `keys[${index}]`));
      return await send(reply, single ? found[0] : found);
    } catch (error) {
      if (error instanceof KeyError) throw lookUpError(400, error.message);
      throw isOutage(error) ? lookUpError(503, 'storage unavailable') : error;
    }
  }

  async function tasksOrOutage(): Promise<TaskStore> {
    try {
      return await backend.tasks();
    } catch (error) {
      throw isOutage(error) ? new CollectionError(503, 'storage unavailable', ['storage unavailable'], { cause: error }) : error;
    }
  }
}

function isOutage(error: unknown): boolean {
  return error instanceof TopicOutage || error instanceof StoreOutage;
}

/** Tasks that exist for the caller; removed ones are left out. */
function visible(tasks: TaskStore, { domain, labels }: CollectionCaller): readonly Task[] {
  const caller = { domain, labels: new Set(labels) };
  return tasks.tasks().filter((task) => task.record.status !== 'REMOVED' && maySee(task, caller));
}

/** A task that another instance has just made may not have come yet: what is not found is looked for once more at the topic's end. */
async function seen(tasks: TaskStore, find: () => Task | undefined, { domain, labels }: CollectionCaller): Promise<Task | undefined> {
  const caller = { domain, labels: new Set(labels) };
  const look = (): Task | undefined => {
    const task = find();
    return task !== undefined && task.record.status !== 'REMOVED' && maySee(task, caller) ? task : undefined;
  };
  const found = look();
  if (found !== undefined) return found;
  await tasks.catchUp().catch((error: unknown) => {
    if (!(error instanceof TopicOutage)) throw error;
  });
  return look();
}

/** What is wrong with a task is told with HTTP 200: the client would take anything else for an answer of nobody. */
function failed(reply: FastifyReply, code: TaskCode): FastifyReply {
  return send(reply, [], code, CODE_TEXTS[code]);
}

function bodyText({ body }: FastifyRequest): string {
  return typeof body === 'string' ? body : '';
}

function parseBody(request: FastifyRequest, refused: (problem: string) => CollectionError): unknown {
  try {
    return JSON.parse(bodyText(request)) as unknown;
  } catch {
    throw refused('body: invalid JSON');
  }
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

function readKeys(asked: unknown): { readonly keys: readonly unknown[]; readonly single: boolean } {
  if (!isFields(asked)) throw lookUpError(400, 'body: must be an object');
  const { key, keys } = asked;
  if ((key === undefined) === (keys === undefined)) throw lookUpError(400, 'body: must have either key or keys');
  if (keys === undefined) return { keys: [key], single: true };
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS)
    throw lookUpError(400, `keys: must be a list of 1 to ${MAX_KEYS} keys`);
  return { keys: keys as unknown[], single: false };
}
