/** Runs metafold's commands as a user does: as processes of their own, told everything through the environment. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const compiled = process.env['METAFOLD_TEST_COMPILED'];
/** Arguments of Node that run the program: as the test runner has compiled it, or from its sources for a test file that is run by itself. */
export const PROGRAM: readonly string[] = compiled === undefined ? ['--import', 'tsx', SOURCE] : [compiled];

export interface Outcome {
  /** Exit code, or the signal's name when a signal ended the process. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly process: ChildProcess;
  /** What it has written to stderr so far: the log, for a worker. */
  log(): string;
  readonly outcome: Promise<Outcome>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Starts a command; its output is collected. */
export function startMetafold(args: readonly string[], environment: Environment): RunningCommand {
  const child = spawn(process.execPath, [...PROGRAM, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const outcome = once(child, 'close').then((args) => {
    const [code, signal] = args as [number | null, string | null];
    return { code: code ?? signal ?? 'unknown', stdout, stderr };
  });
  return { process: child, log: () => stderr, outcome };
}

/** Runs a command to its end; throws with its whole output unless it exits with `expected`. */
export async function metafold(args: readonly string[], environment: Environment, expected = 0): Promise<Outcome> {
  const outcome = await startMetafold(args, environment).outcome;
  if (outcome.code !== expected) {
    throw new Error(
      `metafold ${args.join(' ')} exited with ${outcome.code}, expected ${expected}\n${outcome.stdout.slice(-4000)}\n${outcome.stderr.slice(-8000)}`,
    );
  }
  return outcome;
}
