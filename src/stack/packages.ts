import { join } from 'node:path';
import { StackError } from './errors.js';
import { findOnPath } from './layout.js';
import { type Progress, reportStep } from './progress.js';
import { runLogged, tailOf } from './run-command.js';

/** A program that set-up needs, and where it comes from. */
export interface Tool {
  readonly title: string;
  /** Names under which it is looked for on PATH, best first. */
  readonly commands: readonly string[];
  /** Debian packages that bring it. */
  readonly packages: readonly string[];
  /** What a user who is not root on Debian can do. */
  readonly advice: string;
}

function missing(tool: Tool, detail: string, output = ''): StackError {
  const message = `${tool.title} is missing (no ${tool.commands.join(' or ')} on PATH)${detail}. ${tool.advice}`;
  return new StackError('tool_missing', message, { output });
}

async function aptInstall(tool: Tool, cacheFolder: string): Promise<void> {
  const logFile = join(cacheFolder, 'logs', `apt-${tool.packages.join('-')}.log`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '--no-install-recommends', ...tool.packages];
  // The package lists of a container are often absent or old: fetch them once when the first attempt fails.
  if ((await runLogged('apt-get', install, { logFile, env })) === 0) return;
  await runLogged('apt-get', ['update'], { logFile, env });
  if ((await runLogged('apt-get', install, { logFile, env })) === 0) return;
  throw missing(tool, `, and apt-get could not install it (log: ${logFile})`, tailOf(logFile, 8));
}

/**
 * The path of a tool; installed from Debian when it is missing and we are root. Throws a StackError that says how to get it.
 */
export async function findTool(tool: Tool, cacheFolder: string, progress: Progress): Promise<string> {
  const present = findOnPath(tool.commands);
  if (present !== undefined) return present;
  if (process.getuid?.() !== 0 || findOnPath(['apt-get']) === undefined) throw missing(tool, '');
  await reportStep(progress, 'packages', `${tool.title}: apt-get install ${tool.packages.join(' ')}`, () => aptInstall(tool, cacheFolder));
  const installed = findOnPath(tool.commands);
  if (installed === undefined) throw missing(tool, ' even after apt-get installed it');
  return installed;
}
