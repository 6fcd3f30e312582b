import { settingsFor } from './env.js';
import { StackError } from './errors.js';
import { defaultPortBase, portsFor, portsOfService, type ServiceName, serviceNames } from './layout.js';
import { dataFolderOf, logFileOf, type StackOptions } from './options.js';
import { services } from './services/index.js';
import { livingServices, readState } from './state.js';

export interface ServiceStatus {
  readonly name: ServiceName;
  readonly port: number;
  readonly pid: number | null;
  readonly running: boolean;
  readonly answering: boolean;
  readonly log: string;
}

export interface StackStatus {
  readonly data: string;
  readonly port_base: number;
  readonly running: boolean;
  readonly services: readonly ServiceStatus[];
}

/** What runs, and whether it answers; starts nothing. */
export async function stackStatus(options: Pick<StackOptions, 'data'> = {}): Promise<StackStatus> {
  const data = dataFolderOf(options);
  const state = readState(data);
  const portBase = state?.portBase ?? defaultPortBase;
  const ports = portsFor(portBase);
  const alive = livingServices(state);
  const list = serviceNames.map(async (name): Promise<ServiceStatus> => {
    const running = alive.includes(name);
    const probe = () =>
      services[name].probe(ports).then(
        () => true,
        () => false,
      );
    return {
      name,
      port: portsOfService(name, ports)[0]!,
      pid: running ? state!.services[name]!.pid : null,
      running,
      answering: running && (await probe()),
      log: logFileOf(data, name),
    };
  });
  return { data, port_base: portBase, running: alive.length > 0, services: await Promise.all(list) };
}

/** Settings that reach the running stack. Throws a StackError when nothing of it runs. */
export function stackEnv(options: Pick<StackOptions, 'data'> = {}): Record<string, string> {
  const data = dataFolderOf(options);
  const state = readState(data);
  const running = livingServices(state);
  if (state === undefined || running.length === 0) {
    throw new StackError('not_running', `no stack runs in ${data}; start it with "metafold stack up"`);
  }
  return settingsFor(data, portsFor(state.portBase), running);
}
