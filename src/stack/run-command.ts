import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface CommandOptions {
  readonly logFile: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** The last lines of a file, for a message; empty when it cannot be read. */
export function tailOf(file: string, lines = 25): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}

const running = new Set<ChildProcess>();

/** Ends the commands that `runLogged` waits for; their promises resolve with a failure. */
export function endRunningCommands(): void {
  for (const child of running) child.kill('SIGTERM');
}

/**
 * Runs a command with its output in a log file (replaced). Resolves with the exit code; rejects only when the command cannot be
 * executed at all.
 */
export async function runLogged(command: string, args: readonly string[], options: CommandOptions): Promise<number> {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'w');
  try {
    return await new Promise<number>((done, fail) => {
      const child = spawn(command, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: ['ignore', log, log] });
      running.add(child);
      child.once('error', (error) => {
        running.delete(child);
        fail(error);
      });
      child.once('close', (code) => {
        running.delete(child);
        done(code ?? 1);
      });
    });
  } finally {
    closeSync(log);
  }
}
