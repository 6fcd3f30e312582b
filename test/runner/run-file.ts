import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type FileResult, judge } from './summary.js';

const largestOutput = 4 * 1024 * 1024;
const groups = new Set<number>();

/** Sends a signal to a test process and to everything that it has started. */
function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false; // nobody is left
  }
}

/** Ends all test processes that still run. */
export function endRunningFiles(): void {
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
}

export interface FileOutcome extends FileResult {
  readonly output: string;
  readonly seconds: number;
}

/** The time limit that a file asks for in a comment `test-timeout-s: N`, else the default. Seconds. */
export function timeLimit(source: string, defaultSeconds: number): number {
  const own = /^\/\/ test-timeout-s: (\d+)/m.exec(source)?.[1];
  return own === undefined ? defaultSeconds : Math.max(Number(own), defaultSeconds);
}

/** Whether a file says in a comment `test-mostly-waits` that it leaves the shared servers alone and the processor idle most of the time. */
export function mostlyWaits(source: string): boolean {
  return /^\/\/ test-mostly-waits$/m.test(source);
}

/** Runs one test file in a process of its own, and whatever it leaves behind is ended. */
export async function runFile(file: string, env: NodeJS.ProcessEnv, defaultSeconds: number): Promise<FileOutcome> {
  const source = readFileSync(file, 'utf8');
  const started = Date.now();
  const child = spawn(process.execPath, ['--import', 'tsx', file], { detached: true, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const pid = child.pid!;
  groups.add(pid);
  let output = '';
  const collect = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-largestOutput);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const exitCode = await new Promise<number | null>((done) => {
    const timer = setTimeout(
      () => {
        signalGroup(pid, 'SIGKILL');
        done(null);
      },
      timeLimit(source, defaultSeconds) * 1000,
    );
    child.once('exit', (code) => {
      clearTimeout(timer);
      // Pipes may still hold the last lines; a grandchild may hold them open for ever.
      setTimeout(() => done(code ?? 1), 50);
    });
  });
  signalGroup(pid, 'SIGKILL');
  groups.delete(pid);
  const verdict = judge({ source, output, exitCode });
  return { ...verdict, output, seconds: (Date.now() - started) / 1000 };
}
