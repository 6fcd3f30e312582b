import { join, resolve } from 'node:path';
import { defaultDataFolder, type ServiceName } from './layout.js';

export interface StackOptions {
  /** Data folder; default: `defaultDataFolder()`. */
  readonly data?: string;
  /** Download cache; default: `defaultCacheFolder()`. */
  readonly cache?: string;
  /** First of the ports; default: the one the stack had before, else 29000. */
  readonly portBase?: number;
  /** Java heap of OpenSearch in MiB; default 1024. */
  readonly heapMb?: number;
  /** Services to start; default: all. */
  readonly services?: readonly ServiceName[];
  /** Time limit for each service to answer, in milliseconds; default 180,000. */
  readonly timeoutMs?: number;
  /** Gives up, and ends what this call has started. */
  readonly signal?: AbortSignal;
}

/** The data folder that the options mean. */
export function dataFolderOf(options: Pick<StackOptions, 'data'>): string {
  return resolve(options.data ?? defaultDataFolder());
}

/** The file that a service's output goes to. */
export function logFileOf(dataFolder: string, service: ServiceName): string {
  return join(dataFolder, 'logs', `${service}.log`);
}
