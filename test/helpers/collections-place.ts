/** The fixture history through tasks of every kind: keys, values and expiries equal to the model's (spec 07 §13). */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import type { SecurityPolicy } from '../../projections/security/policy.js';
import { openKeyStore } from '../../src/collections/redis/index.js';
import { createTask, readTaskRequest } from '../../src/collections/requests/index.js';
import { openTaskStore } from '../../src/collections/tasks/index.js';
import type { KeyStore } from '../../src/collections/types.js';
import { loadConfig } from '../../src/config/index.js';
import { createArena, type Arena } from './arena.js';
import { modelKeyBase, modelKeys, type HistoryLine, type ModelKey, type ModelTask } from './collections-model.js';
import { GROUPED_TASKS } from './collections-groups.js';
import { MODEL_TASKS } from './collections-tasks.js';
import { HISTORIES } from './history.js';
import type { Environment } from './metafold.js';
import type { RedisServer } from './redis-servers.js';

export const TASKS = [...MODEL_TASKS, ...GROUPED_TASKS];
/** Of the fixture. */
export const lines = gunzipSync(readFileSync(new URL('history-full.jsonl.gz', HISTORIES)))
  .toString('utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as HistoryLine);

export interface Place {
  readonly arena: Arena;
  readonly policy: SecurityPolicy;
  readonly store: KeyStore;
  readonly environment: Environment;
}

/** A log and tasks of its own; Redis is emptied before. */
export async function inPlace(
  server: Pick<RedisServer, 'url' | 'config'>,
  servers: readonly RedisServer[],
  action: (place: Place) => Promise<void>,
): Promise<void> {
  for (const { client } of servers) await client.flushall();
  const environment = { METAFOLD_REDIS_URL: server.url };
  const arena = createArena(environment);
  const store = await openKeyStore({ redis: server.config, log: { warn: () => undefined, info: () => undefined } });
  try {
    const { security } = await loadConfig(arena.environment, { need: ['security'] });
    await action({ arena, policy: security, store, environment });
  } finally {
    await store.close();
    await arena.close();
  }
}

export async function publish({ arena }: Place, chosen: readonly HistoryLine[], ...options: readonly string[]): Promise<void> {
  const file = join(arena.folder, 'history.jsonl');
  const moved = chosen.map((line) => JSON.stringify({ ...line, topic: line.topic.replace('azul.qa01.', `azul.${arena.prefix}.`) }));
  writeFileSync(file, `${moved.join('\n')}\n`);
  await arena.run(['publish', file, ...options]);
}

export async function createTasks({ arena, policy }: Place, chosen: readonly ModelTask[] = TASKS): Promise<void> {
  const { kafka } = await loadConfig(arena.environment, { need: ['kafka'] });
  const tasks = await openTaskStore({ kafka, log: { warn: () => undefined, error: () => undefined } });
  try {
    for (const { name, query, expireIn, keyFields, valueFields, from, to, labels } of chosen) {
      const body = { query, from, to, destination: { type: 'redis', params: { friendlyName: name, expireIn, keyFields, valueFields } } };
      const granted = [...(labels ?? [...policy.table.toSafe.keys()]).map((label) => policy.table.toSafe.get(label)!), 's-any'];
      const request = readTaskRequest(body, { domain: 'self', labels: granted, keyHash: 'md5', now: Date.now() });
      if (request.kind === 'refused') throw new Error(`${name}: ${request.problems.join(', ')}`);
      assert.is((await createTask(tasks, request.record, 200)).kind, 'created');
    }
  } finally {
    await tasks.close();
  }
}

/** Arguments of a worker that ends when all is folded. */
export const WORKER = ['worker', '--projections', 'collections', '--until-idle'];

export async function stored({ store }: Place, name: string): Promise<Map<string, ModelKey>> {
  const names = new Set<string>();
  for await (const page of store.scan(modelKeyBase(name))) for (const key of page) names.add(key);
  const keys = [...names].sort();
  const [values, expiries] = [await store.get(keys), await store.expiries(keys)];
  return new Map(keys.map((key, index) => [key, { value: values[index]!, pxat: expiries[index]! }]));
}

export async function assertModel(place: Place, chosen: readonly HistoryLine[] = lines): Promise<void> {
  const now = Date.now();
  for (const task of TASKS) {
    const expected = new Map([...modelKeys(task, chosen, place.policy, now)].sort(([a], [b]) => (a < b ? -1 : 1)));
    const actual = await stored(place, task.name);
    assert.equal([...actual], [...expected], task.name);
    if (task.name !== 'long gone') assert.ok(expected.size > 0, `${task.name} has keys`);
  }
}

/** Another order, in which records of one key keep theirs. */
export function shuffled(chosen: readonly HistoryLine[]): HistoryLine[] {
  const queues = new Map<string, HistoryLine[]>();
  for (const line of chosen) {
    const key = `${line.topic}/${line.key}`;
    const queue = queues.get(key);
    if (queue === undefined) queues.set(key, [line]);
    else queue.push(line);
  }
  const waiting = [...queues.values()];
  const result: HistoryLine[] = [];
  while (waiting.length > 0) {
    const index = Math.floor(Math.random() * waiting.length);
    result.push(waiting[index]!.shift()!);
    if (waiting[index]!.length === 0) waiting.splice(index, 1);
  }
  return result;
}

/** The task over delete events has nothing yet. */
export async function assertModelWithoutDeletes(place: Place, chosen: readonly HistoryLine[]): Promise<void> {
  for (const task of TASKS.filter(({ name }) => name !== 'deletes')) {
    const expected = new Map([...modelKeys(task, chosen, place.policy, Date.now())].sort(([a], [b]) => (a < b ? -1 : 1)));
    assert.equal([...(await stored(place, task.name))], [...expected], task.name);
  }
}
