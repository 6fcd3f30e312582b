import { mkdirSync, readFileSync, renameSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultPortBase, type ServiceName, serviceNames } from './layout.js';
import { isAlive, type ProcessIdentity } from './process.js';

/** What a stack remembers about itself in its data folder. */
export interface StackState {
  readonly version: 1;
  readonly portBase: number;
  readonly services: Readonly<Partial<Record<ServiceName, ProcessIdentity>>>;
}

/** Everything that a stack makes in its data folder; a wipe removes these and nothing else. */
export const stackEntries = [...serviceNames, 'logs', 'start', 'stack.json', 'stack.lock'] as const;

function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, startTime } = value as Record<string, unknown>;
  return Number.isInteger(pid) && (pid as number) > 1 && typeof startTime === 'string' && startTime !== '';
}

/** Reads the text of a state file; undefined when it is not one of ours. Entries that make no sense are left out, never acted on. */
export function parseState(text: string): StackState | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { version, portBase, services } = value as Record<string, unknown>;
  if (version !== 1 || !Number.isInteger(portBase)) return undefined;
  const known: Partial<Record<ServiceName, ProcessIdentity>> = {};
  for (const name of serviceNames) {
    const identity = (services as Record<string, unknown> | null | undefined)?.[name];
    if (isIdentity(identity)) known[name] = { pid: identity.pid, startTime: identity.startTime };
  }
  return { version: 1, portBase: portBase as number, services: known };
}

/** The state of the stack in a data folder; undefined when there is none. */
export function readState(dataFolder: string): StackState | undefined {
  try {
    return parseState(readFileSync(join(dataFolder, 'stack.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Replaces the state file in one step. */
export function writeState(dataFolder: string, state: StackState): void {
  mkdirSync(dataFolder, { recursive: true });
  const file = join(dataFolder, 'stack.json');
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** Notes that a service runs (or, without identity, that it does not any more). */
export function recordService(dataFolder: string, service: ServiceName, identity: ProcessIdentity | undefined): void {
  const state = readState(dataFolder) ?? { version: 1, portBase: defaultPortBase, services: {} };
  const services = Object.fromEntries(
    Object.entries({ ...state.services, [service]: identity }).filter(([, value]) => value !== undefined),
  );
  writeState(dataFolder, { ...state, services });
}

/** The services of a stack whose process lives. */
export function livingServices(state: StackState | undefined): ServiceName[] {
  return serviceNames.filter((name) => {
    const identity = state?.services[name];
    return identity !== undefined && isAlive(identity);
  });
}

/** Removes what a stack made, and the folder itself when nothing else is in it. */
export function wipeData(dataFolder: string): void {
  for (const entry of stackEntries) rmSync(join(dataFolder, entry), { recursive: true, force: true });
  try {
    rmdirSync(dataFolder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'ENOENT' && code !== 'EEXIST') throw error;
  }
}
