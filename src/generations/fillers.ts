/** The processes that fold for a rebuild: workers that are told which generations to fold into, one for each core that is wanted. */
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Docname } from '../../projections/index-names.js';
import { childArguments } from '../child-program.js';
import { MetafoldError } from '../errors.js';

export interface Fillers {
  /** Throws MF_REBUILD when one of them has ended though nobody asked it to. */
  check(): void;
  /** Lets them finish and commit what is in hand, and waits until they are gone. */
  end(): Promise<void>;
}

/** What a worker that was started here is told when it is to finish; it is told nothing else. */
const END_MESSAGE = 'end';

/** A worker itself gives up after 30 s. */
const END_WITHIN_MS = 40_000;

/** The generations as `metafold worker --into` takes them: `binary2=2,status=2`. */
export function intoText(generations: ReadonlyMap<Docname, number>): string {
  return [...generations].map(([docname, generation]) => `${docname}=${generation}`).join(',');
}

/**
 * Starts the workers. Each leads a process group of its own, because Ctrl-C goes to the whole group of the terminal and only `end` may end
 * them; their logs go to this process's stderr.
 */
export function startFillers(count: number, generations: ReadonlyMap<Docname, number>, logLevel: string): Fillers {
  const command = ['worker', '--into', intoText(generations), '--log-level', logLevel];
  const children = Array.from({ length: count }, () => startChild(command));
  return {
    check() {
      const gone = children.find(({ how }) => how() !== undefined);
      if (gone === undefined) return;
      throw new MetafoldError('MF_REBUILD', `a process that folds ended (${gone.how()!}); what is committed stays`, { how: gone.how()! });
    },
    async end() {
      for (const { child, how } of children) if (how() === undefined) askToEnd(child);
      const late = sleep(END_WITHIN_MS, 'late' as const, { ref: false });
      const all = Promise.all(children.map(({ gone }) => gone));
      if ((await Promise.race([all, late])) === 'late') for (const { child } of children) child.kill('SIGKILL');
      await all;
    },
  };
}

/** By a message, since a signal would count as an interruption. The first signal or message is the one that counts. */
function askToEnd(child: ChildProcess): void {
  if (!child.connected) child.kill('SIGTERM');
  else {
    child.send(END_MESSAGE, (error) => {
      if (error) child.kill('SIGTERM');
    });
  }
}

interface Filler {
  readonly child: ChildProcess;
  /** How it ended; undefined while it runs. */
  readonly how: () => string | undefined;
  readonly gone: Promise<void>;
}

function startChild(command: readonly string[]): Filler {
  const child = spawn(process.execPath, childArguments(command), { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  let how: string | undefined;
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const gone = new Promise<void>((resolve) => {
    const ended = (reason: string): void => {
      how = reason;
      process.off('exit', kill);
      resolve();
    };
    child.once('error', (error) => ended(error.message));
    child.once('exit', (code, signal) => ended(signal ?? `exit code ${String(code)}`));
  });
  return { child, how: () => how, gone };
}
