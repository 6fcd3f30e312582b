import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StackError } from './errors.js';
import { isAlive, type ProcessIdentity, processStartTime } from './process.js';

function holder(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

function tryLock(file: string): boolean {
  try {
    writeFileSync(file, JSON.stringify({ pid: process.pid, startTime: processStartTime(process.pid) }), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/**
 * Runs an action while no other process changes the same stack: two `up` at once must not start everything twice. A lock whose
 * holder is dead is taken over. Throws a StackError when it stays taken for `timeoutMs`.
 */
export async function withLock<T>(dataFolder: string, timeoutMs: number, action: () => Promise<T>): Promise<T> {
  mkdirSync(dataFolder, { recursive: true });
  const file = join(dataFolder, 'stack.lock');
  const deadline = Date.now() + timeoutMs;
  while (!tryLock(file)) {
    const owner = holder(file);
    if (owner !== undefined && !isAlive(owner)) {
      rmSync(file, { force: true });
    } else if (Date.now() > deadline) {
      throw new StackError(
        'locked',
        `another process (pid ${String(owner?.pid ?? '?')}) is changing the stack in ${dataFolder}; ${file} is its lock`,
      );
    } else {
      await sleep(200);
    }
  }
  try {
    return await action();
  } finally {
    rmSync(file, { force: true });
  }
}
