import { resolve } from 'node:path';
import { settingsFor } from './env.js';
import { StackError } from './errors.js';
import { defaultDataFolder, portsFor, type ServiceName } from './layout.js';
import { signalGroup } from './process.js';
import { livingServices, readState } from './state.js';

/**
 * The settings that reach the stack of a data folder (default: the user's own), without asking its servers anything; undefined
 * when none of its services lives.
 */
export function findRunningStack(dataFolder: string = defaultDataFolder()): Promise<Record<string, string> | undefined> {
  const folder = resolve(dataFolder);
  const state = readState(folder);
  const running = livingServices(state);
  if (state === undefined || running.length === 0) return Promise.resolve(undefined);
  return Promise.resolve(settingsFor(folder, portsFor(state.portBase), running));
}

/**
 * Sends a signal to one service of a stack, for tests of faults: SIGSTOP, SIGCONT, SIGKILL. Throws a StackError when that
 * service does not run. A killed service is started again by `stackUp`.
 */
export function signalService(dataFolder: string, service: ServiceName, signal: NodeJS.Signals): void {
  const identity = readState(resolve(dataFolder))?.services[service];
  if (identity === undefined || !signalGroup(identity, signal)) {
    throw new StackError('not_running', `${service} of the stack in ${dataFolder} does not run, so it cannot get ${signal}`);
  }
}
