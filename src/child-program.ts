/** This program as a child process: how it is started from within itself. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Arguments for `process.execPath` that run a command of metafold, compiled or from its sources under the loader that `process.execArgv`
 * names. The child ends by itself when this process is gone, however that came; it needs an IPC channel for that.
 */
export function childArguments(command: readonly string[]): string[] {
  const extension = extname(import.meta.url);
  const file = (path: string): URL => new URL(`${path}${extension}`, import.meta.url);
  return [...process.execArgv, '--import', file('./start/end-with-parent').href, fileURLToPath(file('./main')), ...command];
}
