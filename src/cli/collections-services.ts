/** What the commands about collections work on: the task topic and Redis, each opened when it is first asked for. */
import type { Command } from 'commander';
import { openKeyStore } from '../collections/redis/index.js';
import { openTaskStore } from '../collections/tasks/index.js';
import type { KeyStore, Task, TaskStore } from '../collections/types.js';
import { loadConfig, type Config } from '../config/index.js';
import { MetafoldError } from '../errors.js';
import { operationError } from './operation-error.js';
import { baseCommand, type CommandContext, type CommandOutcome, type CommonOptions } from './run.js';

export interface DomainOptions extends CommonOptions {
  readonly domain: string;
}

export interface CollectionServices {
  readonly config: Config<'kafka' | 'security'>;
  readonly domain: string;
  readonly tasks: TaskStore;
  /** Throws MF_CONFIG when no Redis is configured. */
  store(): Promise<KeyStore>;
}

/** Opens the task topic, acts, and closes what was opened. */
export async function withCollections(
  context: CommandContext,
  domain: string,
  action: (services: CollectionServices) => Promise<CommandOutcome>,
): Promise<CommandOutcome> {
  const config = await loadConfig(process.env, { need: ['kafka', 'security'] });
  for (const warning of config.warnings) context.warn(warning);
  const log = context.logger('warn');
  let opened: Promise<KeyStore> | undefined;
  const store = (): Promise<KeyStore> => {
    if (config.redis === undefined) {
      throw new MetafoldError('MF_CONFIG', 'METAFOLD_REDIS_URL is not set: the keys of collections are in Redis', {
        setting: 'metafold_redis_url',
      });
    }
    return (opened ??= openKeyStore({ redis: config.redis, log }));
  };
  let tasks: TaskStore | undefined;
  try {
    tasks = await openTaskStore({ kafka: config.kafka, log });
    return await action({ config, domain, tasks, store });
  } catch (error) {
    throw operationError(error, context.name);
  } finally {
    await tasks?.close();
    await (await opened?.catch(() => undefined))?.close();
  }
}

/** The task of an id or a name of the domain, removed ones left out. Throws MF_INPUT when there is none. */
export function findTask({ tasks, domain }: Pick<CollectionServices, 'tasks' | 'domain'>, idOrName: string): Task {
  const byId = tasks.get(idOrName);
  const found = byId?.record.domain === domain ? byId : tasks.named(domain, idOrName);
  if (found !== undefined && found.record.status !== 'REMOVED') return found;
  throw new MetafoldError('MF_INPUT', `no collection '${idOrName}' in domain ${domain}; see \`metafold collections list\``, {
    collection: idOrName,
    domain,
  });
}

/** The task that is named, or all of the domain. Throws MF_USAGE unless one of the two is asked for. */
export function chosenTasks(services: Pick<CollectionServices, 'tasks' | 'domain'>, idOrName: string | undefined, all: boolean): Task[] {
  if (all === (idOrName !== undefined)) throw new MetafoldError('MF_USAGE', 'expected a collection or --all, not both');
  const { tasks, domain } = services;
  if (idOrName !== undefined) return [findTask(services, idOrName)];
  return tasks.tasks().filter(({ record }) => record.domain === domain && record.status !== 'REMOVED');
}

/** A command that names a domain. */
export function domainCommand(name: string, description: string, examples: readonly string[]): Command {
  return baseCommand(name, description, [...examples]).option('--domain <name>', 'domain of the collection', 'self');
}
