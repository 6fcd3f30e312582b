import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StackError } from './errors.js';
import { type Installation, installStack } from './install.js';
import { defaultCacheFolder, defaultPortBase, type Ports, portsFor, portsOfService, type ServiceName, serviceNames } from './layout.js';
import { withLock } from './lock.js';
import { dataFolderOf, logFileOf, type StackOptions } from './options.js';
import { portIsFree } from './probes.js';
import { endProcess, isAlive, type ProcessIdentity, spawnDetached } from './process.js';
import { type Progress, reportStep } from './progress.js';
import { endRunningCommands, tailOf } from './run-command.js';
import { services } from './services/index.js';
import { livingServices, readState, recordService, type StackState, writeState } from './state.js';
import { stackStatus, type StackStatus } from './status.js';
import { makeServiceFolder, requireReachable, serviceUser } from './user.js';

function choosePortBase(state: StackState | undefined, wanted: number | undefined): number {
  const base = wanted ?? state?.portBase ?? defaultPortBase;
  if (state !== undefined && base !== state.portBase && livingServices(state).length > 0) {
    throw new StackError(
      'bad_option',
      `the stack runs with port base ${String(state.portBase)}; end it with "metafold stack down" before you start it with --port-base ${String(base)}`,
    );
  }
  portsFor(base);
  return base;
}

async function requireFreePorts(names: readonly ServiceName[], ports: Ports): Promise<void> {
  for (const name of names) {
    for (const port of portsOfService(name, ports)) {
      if (await portIsFree(port)) continue;
      throw new StackError(
        'port_taken',
        `port ${String(port)} of ${services[name].title} is taken by a process that is not of this stack; choose other ports with --port-base`,
      );
    }
  }
}

interface Run {
  readonly data: string;
  readonly ports: Ports;
  readonly heapMb: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly installation: Installation;
  /** Services that this call has started. */
  readonly started: Map<ServiceName, ProcessIdentity>;
}

async function start(name: ServiceName, run: Run): Promise<void> {
  const user = serviceUser();
  const folder = join(run.data, name);
  const logFile = logFileOf(run.data, name);
  makeServiceFolder(folder, user);
  const context = { installation: run.installation, ports: run.ports, folder, user, heapMb: run.heapMb, logFile };
  const command = await services[name].prepare(context);
  run.signal?.throwIfAborted();
  const identity = await spawnDetached(command, logFile, user);
  run.started.set(name, identity);
  recordService(run.data, name, identity);
}

function startFailure(name: ServiceName, run: Run, what: string): StackError {
  const logFile = logFileOf(run.data, name);
  return new StackError('start_failed', `${services[name].title} ${what}; see its log ${logFile}`, { output: tailOf(logFile) });
}

/** Waits until a service answers; its death or the time limit ends the wait with its log. */
async function untilAnswering(name: ServiceName, run: Run): Promise<void> {
  const deadline = Date.now() + run.timeoutMs;
  for (;;) {
    run.signal?.throwIfAborted();
    const identity = readState(run.data)?.services[name];
    if (identity === undefined || !isAlive(identity)) throw startFailure(name, run, 'ended while it started');
    try {
      await services[name].probe(run.ports);
      return;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (Date.now() > deadline) throw startFailure(name, run, `did not answer within ${String(run.timeoutMs / 1000)} s (${reason})`);
    }
    await sleep(200);
  }
}

/** Brings the services up, each as soon as those that it needs answer. The first failure stops the rest. */
async function bringUp(names: readonly ServiceName[], alive: readonly ServiceName[], run: Run, progress: Progress): Promise<void> {
  const ready = new Map<ServiceName, Promise<void>>();
  for (const name of names) {
    const needed = services[name].needs.map((need) => ready.get(need));
    const step = async () => {
      for (const need of needed) await need;
      if (alive.includes(name)) return untilAnswering(name, run);
      await reportStep(
        progress,
        name,
        `${services[name].title}: starting on port ${String(portsOfService(name, run.ports)[0])}`,
        async () => {
          await start(name, run);
          await untilAnswering(name, run);
        },
      );
    };
    ready.set(name, step());
  }
  const results = await Promise.allSettled(ready.values());
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

async function endStarted(run: Run): Promise<void> {
  await Promise.all(
    [...run.started].map(async ([name, identity]) => {
      if (await endProcess(identity, 5000)) recordService(run.data, name, undefined);
    }),
  );
}

/** The wanted services with all that they need, in start order. */
function withNeeds(wanted: readonly ServiceName[]): ServiceName[] {
  return serviceNames.filter((name) => wanted.includes(name) || wanted.some((other) => services[other].needs.includes(name)));
}

/** The part of `stackUp` that only one process at a time may do for a data folder. */
async function upLocked(data: string, options: StackOptions, progress: Progress): Promise<void> {
  const wanted = withNeeds(options.services ?? serviceNames);
  const state = readState(data);
  const portBase = choosePortBase(state, options.portBase);
  const ports = portsFor(portBase);
  const alive = livingServices(state);
  const absent = wanted.filter((name) => !alive.includes(name));
  const installation = await installStack(resolve(options.cache ?? defaultCacheFolder()), absent, progress);
  options.signal?.throwIfAborted();
  await requireFreePorts(absent, ports);
  mkdirSync(join(data, 'logs'), { recursive: true });
  writeState(data, { version: 1, portBase, services: state?.services ?? {} });
  const { heapMb = 1024, timeoutMs = 180_000, signal } = options;
  const run: Run = { data, ports, heapMb, timeoutMs, signal, installation, started: new Map() };
  try {
    await bringUp(wanted, alive, run, progress);
  } catch (error) {
    await endStarted(run);
    throw error;
  }
}

/**
 * Installs what is missing, starts what does not run and returns when everything asked for answers. Repeating it is harmless.
 * When a service fails, those that this call has started are ended again. Throws a StackError with the reason.
 */
export async function stackUp(options: StackOptions, progress: Progress): Promise<StackStatus> {
  const data = dataFolderOf(options);
  requireReachable(data, serviceUser(), '--data');
  options.signal?.addEventListener('abort', endRunningCommands);
  try {
    await withLock(data, 600_000, () => upLocked(data, options, progress));
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
    throw new StackError('interrupted', 'interrupted; what this call had started was ended again', { cause: error });
  } finally {
    options.signal?.removeEventListener('abort', endRunningCommands);
  }
  return stackStatus({ data });
}
