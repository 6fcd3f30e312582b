import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { StackError } from './errors.js';
import type { ServiceUser } from './user.js';

/** A process by pid and start time: a pid alone may have been given to another process meanwhile. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

export interface ServiceCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

const largestLogBytes = 32 * 1024 * 1024;

/** State letter and start time (clock ticks since boot) of a Linux `/proc/PID/stat` line. The name in it may hold spaces and brackets. */
export function parseProcStat(text: string): { state: string; startTicks: string } | undefined {
  const end = text.lastIndexOf(')');
  if (end < 0) return undefined;
  const fields = text
    .slice(end + 1)
    .trim()
    .split(/\s+/);
  const [state, startTicks] = [fields[0], fields[19]];
  return state === undefined || startTicks === undefined ? undefined : { state, startTicks };
}

function linuxStartTime(pid: number): string | undefined {
  const stat = parseProcStat(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'));
  if (stat === undefined || stat.state === 'Z' || stat.state === 'X') return undefined;
  // Ticks count from boot, so a reboot must change the identity as well.
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${stat.startTicks}`;
}

/** When a process was started, in a form that only equals itself; undefined when it is not there or only waits to be reaped. */
export function processStartTime(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') return linuxStartTime(pid);
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** True while exactly this process lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  return processStartTime(identity.pid) === identity.startTime;
}

/**
 * Starts a server that outlives this process: own session and process group, output appended to the log. Throws when the
 * command cannot be executed.
 */
export async function spawnDetached(service: ServiceCommand, logFile: string, user: ServiceUser | undefined): Promise<ProcessIdentity> {
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > largestLogBytes) renameSync(logFile, `${logFile}.1`);
  const log = openSync(logFile, 'a');
  try {
    const child = spawn(service.command, service.args, {
      cwd: service.cwd,
      env: service.env,
      detached: true,
      stdio: ['ignore', log, log],
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    });
    await new Promise<void>((done, fail) => {
      child.once('spawn', done);
      child.once('error', fail);
    });
    child.unref();
    const pid = child.pid ?? 0;
    return { pid, startTime: processStartTime(pid) ?? 'gone' };
  } finally {
    closeSync(log);
  }
}

/** Sends a signal to the process group of a service that still lives; false when it does not. */
export function signalGroup(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(-identity.pid, signal);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return false;
    if (code !== 'EPERM') throw error;
    throw new StackError(
      'stop_failed',
      `process ${String(identity.pid)} belongs to another user: the stack has to be stopped by who started it`,
    );
  }
}

async function goneWithin(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isAlive(identity)) {
    if (Date.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}

/** Ends a service: politely, after `graceMs` by force. False when even that did not end it. */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<boolean> {
  signalGroup(identity, 'SIGTERM');
  signalGroup(identity, 'SIGCONT'); // a stopped process sees SIGTERM only when it runs again
  if (await goneWithin(identity, graceMs)) return true;
  signalGroup(identity, 'SIGKILL');
  return goneWithin(identity, 10_000);
}
