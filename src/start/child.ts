/** The worker and the API server as child processes: the same program with another command, the log in a file. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childArguments } from '../child-program.js';
import { ERRORS, MetafoldError, type ErrorCode } from '../errors.js';
import { processStartTime, type ProcessIdentity } from '../stack/process.js';
import { tailOf } from '../stack/run-command.js';

/** What they are called, by their command. */
const TITLES = { worker: 'worker', serve: 'API server' } as const;

export type ChildCommand = keyof typeof TITLES;

export interface Child {
  readonly identity: ProcessIdentity;
  readonly logFile: string;
  /** Rejects when it ends though nobody asked it to, with the end of its log. Never resolves. */
  readonly died: Promise<never>;
  isRunning(): boolean;
  /** Lets it finish what is in hand and waits until it is gone. */
  end(): Promise<void>;
}

/** The worker itself gives up after 30 s, the API server after 10. */
const END_WITHIN_MS = 40_000;
const LARGEST_LOG_BYTES = 32 * 1024 * 1024;

/** A port on which nobody listens: the wanted one if possible. */
export async function freePort(wanted: number): Promise<number> {
  const listen = (port: number): Promise<number | undefined> =>
    new Promise((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(undefined));
      server.listen(port, () => {
        const { port: taken } = server.address() as AddressInfo;
        server.close(() => resolve(taken));
      });
    });
  const port = (await listen(wanted)) ?? (await listen(0));
  if (port === undefined) throw new MetafoldError('MF_STACK', 'no free port');
  return port;
}

/** The failure that a log ends with, with its own code if it gave one. */
export function childFailure(command: ChildCommand, how: string, logFile: string, tail: string): MetafoldError {
  const lines = tail.split('\n').filter((line) => line !== '');
  const own = lines.map((line) => /^metafold ([a-z]+): (MF_[A-Z_]+): (.*)$/.exec(line)).findLast((match) => match?.[1] === command);
  const code = own?.[2] !== undefined && Object.hasOwn(ERRORS, own[2]) ? (own[2] as ErrorCode) : 'MF_INTERNAL';
  const reason = own?.[3] === undefined ? '' : `: ${own[3]}`;
  return new MetafoldError(code, `the ${TITLES[command]} ended (${how})${reason}; see its log ${logFile}`, { log: logFile, output: lines });
}

function openLog(logFile: string): number {
  mkdirSync(dirname(logFile), { recursive: true });
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > LARGEST_LOG_BYTES) renameSync(logFile, `${logFile}.1`);
  return openSync(logFile, 'a');
}

/**
 * Starts one in a process group of its own, because Ctrl-C goes to the whole group of the terminal: only `end` may end it. It ends by
 * itself when this process is gone, however that came.
 */
export function startChild(command: ChildCommand, env: Readonly<Record<string, string | undefined>>, logFile: string): Child {
  const log = openLog(logFile);
  const child = spawn(process.execPath, childArguments([command]), {
    env,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  let isEnding = false;
  let isGone = false;
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${String(code)}`));
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const died = exited.then((how): Promise<never> => {
    process.off('exit', kill);
    isGone = true;
    return isEnding ? new Promise<never>(() => undefined) : Promise.reject(childFailure(command, how, logFile, tailOf(logFile)));
  });
  died.catch(() => undefined); // whoever waits for it sees it; before that it is no unhandled rejection
  const pid = child.pid ?? 0;
  return {
    identity: { pid, startTime: processStartTime(pid) ?? 'gone' },
    logFile,
    died,
    isRunning: () => !isGone,
    async end() {
      isEnding = true;
      child.kill('SIGTERM');
      const late = sleep(END_WITHIN_MS, 'late', { ref: false });
      if ((await Promise.race([exited, late])) === 'late') child.kill('SIGKILL');
      await exited;
    },
  };
}
