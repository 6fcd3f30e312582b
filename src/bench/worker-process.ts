/** Runs a worker as users do, as a process of its own, and measures it from outside. */
import { spawn, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface WorkerRun {
  readonly records: number;
  /** From the first record to the last durable document. */
  readonly seconds: number;
  /** From the first record until everything is searchable; a worker that finds nothing more to do makes sure of that before it refreshes. */
  readonly searchableSeconds: number;
  /** CPU time from the first record to the end. */
  readonly cpuSeconds: number;
  /** Resident memory in MB (10⁶ bytes), every 250 ms from the first half second on. */
  readonly residentMb: readonly number[];
}

const SAMPLE_MS = 250;
/** What the system calls a kilobyte are 1024 bytes. */
const MB_A_KILOBYTE = 1024 / 1e6;
const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

interface EndLine {
  readonly msg: string;
  readonly records: number;
  readonly seconds: number;
  readonly searchableSeconds: number;
  readonly cpuSeconds: number;
}

/** Folds until idle. Throws with the worker's last lines when it fails. */
export async function runWorker(environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<WorkerRun> {
  const child = spawn(process.execPath, [MAIN, 'worker', '--until-idle', '--log-level', 'info'], {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
  });
  const residentMb: number[] = [];
  const timer = setInterval(() => {
    const resident = residentOf(child.pid);
    if (resident !== undefined) residentMb.push(resident);
  }, SAMPLE_MS);
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(timer);
  if (code !== 0) throw new Error(`worker exited with ${code}:\n${lines.slice(-10).join('\n')}`);
  const end = lines.map(endLine).find((line) => line !== undefined);
  if (!end) throw new Error(`worker said nothing of what it did:\n${lines.slice(-10).join('\n')}`);
  return { ...end, residentMb };
}

function endLine(line: string): EndLine | undefined {
  if (!line.startsWith('{')) return undefined;
  const parsed = JSON.parse(line) as EndLine;
  return parsed.msg === 'worker ends' ? parsed : undefined;
}

/**
 * Resident memory of a process in MB; undefined once it is gone. Where there is no /proc a process is started for it, and what that takes of
 * the machine (this process is large, so that a fork costs) is taken from what is measured.
 */
function residentOf(pid: number | undefined): number | undefined {
  try {
    if (process.platform !== 'linux')
      return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).trim()) * MB_A_KILOBYTE;
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * MB_A_KILOBYTE;
  } catch {
    return undefined; // it has just ended
  }
}
