/** The local stack for one run of `metafold start`: brought up if need be, and of its services those ended that this run has started. */
import { MetafoldError } from '../errors.js';
import { type Progress, StackError, stackEnv, stackUp } from '../stack/index.js';
import { serviceNames, type ServiceName } from '../stack/layout.js';
import { withLock } from '../stack/lock.js';
import { endProcess, isAlive, signalGroup } from '../stack/process.js';
import { reportStep } from '../stack/progress.js';
import { services as serviceTable } from '../stack/services/index.js';
import { readState, recordService } from '../stack/state.js';
import type { ServiceProcesses } from './record.js';

export interface LocalStackOptions {
  readonly data: string;
  readonly portBase: number | undefined;
  readonly signal: AbortSignal;
  /** Services of a predecessor that was killed: they are this run's to end. */
  readonly inherited: ServiceProcesses;
  /** Told which services are this run's to end, again and again while they come up. */
  readonly onStarted: (started: ServiceProcesses) => void;
}

export interface LocalStack {
  /** Settings that reach it. */
  readonly env: Readonly<Record<string, string>>;
  readonly portBase: number;
  /** Services that this run has to end; empty when all of them were up before. */
  readonly started: ServiceProcesses;
  /** Services that run without this run's doing. */
  readonly foundRunning: readonly ServiceName[];
  /** Which of the services live now. */
  alive(): ServiceName[];
  /** Ends what was started, those that need others first, and waits until it is gone. Returns what was ended. */
  end(progress: Progress): Promise<ServiceName[]>;
}

/** What folding needs. The schema registry takes the longest to come up, and the sample's records are not framed. */
const SERVICES: readonly ServiceName[] = ['kafka', 'opensearch', 'redis'];
const LOCK_WAIT_MS = 600_000;
const GRACE_FOR_ALL_MS = 600_000;

/** Processes of the services that live now. */
export function livingProcesses(data: string): ServiceProcesses {
  const known = Object.entries(readState(data)?.services ?? {});
  return new Map(known.filter(([, identity]) => isAlive(identity)) as [ServiceName, (typeof known)[number][1]][]);
}

/** Those of `now` that are not the same processes as `before`. */
export function newProcesses(now: ServiceProcesses, before: ServiceProcesses): ServiceProcesses {
  return new Map(
    [...now].filter(([name, { pid, startTime }]) => before.get(name)?.pid !== pid || before.get(name)?.startTime !== startTime),
  );
}

/** Asks services to end without waiting for it: for a process that must go at once. */
export function dismiss(started: ServiceProcesses): void {
  for (const identity of started.values()) signalGroup(identity, 'SIGTERM');
}

async function endServices(data: string, started: ServiceProcesses, progress: Progress): Promise<ServiceName[]> {
  const ended: ServiceName[] = [];
  const end = async (name: ServiceName): Promise<void> => {
    const identity = started.get(name);
    if (identity === undefined || !isAlive(identity)) return;
    const { title, graceMs } = serviceTable[name];
    await reportStep(progress, name, `${title}: stopping`, async () => {
      if (!(await endProcess(identity, graceMs)))
        throw new StackError('stop_failed', `${title} (pid ${String(identity.pid)}) could not be ended`);
    });
    if (readState(data)?.services[name]?.pid === identity.pid) recordService(data, name, undefined);
    ended.push(name);
  };
  const isDependent = (name: ServiceName): boolean => serviceTable[name].needs.length > 0;
  await withLock(data, GRACE_FOR_ALL_MS, async () => {
    await Promise.all(serviceNames.filter(isDependent).map(end));
    await Promise.all(serviceNames.filter((name) => !isDependent(name)).map(end));
  });
  return ended;
}

/** Gives a failure of the stack the code that all commands use. */
export function asStartError(error: unknown): unknown {
  if (!(error instanceof StackError)) return error;
  const details = { reason: error.code, ...(error.output === '' ? {} : { output: error.output.split('\n') }) };
  return new MetafoldError(error.code === 'bad_option' ? 'MF_USAGE' : 'MF_STACK', error.message, details, { cause: error });
}

/** Brings the stack up. When that fails or is interrupted, what is this run's is ended again. */
export async function bringUpStack(options: LocalStackOptions, progress: Progress): Promise<LocalStack> {
  const { data, portBase, signal, inherited, onStarted } = options;
  // Under the lock: what another process is bringing up at this moment is not ours.
  const running = await withLock(data, LOCK_WAIT_MS, () => Promise.resolve(livingProcesses(data)));
  const foundRunning = newProcesses(running, inherited);
  const ours = (): ServiceProcesses => newProcesses(livingProcesses(data), foundRunning);
  const dismissOurs = (): void => dismiss(ours());
  process.once('exit', dismissOurs);
  try {
    const status = await stackUp({ data, signal, services: SERVICES, ...(portBase === undefined ? {} : { portBase }) }, (update) => {
      progress(update);
      onStarted(ours());
    });
    const started = ours();
    onStarted(started);
    const dismissStarted = (): void => dismiss(started);
    process.once('exit', dismissStarted);
    return {
      env: stackEnv({ data }),
      portBase: status.port_base,
      started,
      foundRunning: [...foundRunning.keys()],
      alive: () => [...livingProcesses(data).keys()],
      async end(reporting) {
        const ended = await endServices(data, started, reporting);
        process.off('exit', dismissStarted);
        return ended;
      },
    };
  } catch (error) {
    await endServices(data, inherited, progress);
    throw error;
  } finally {
    process.off('exit', dismissOurs);
  }
}
