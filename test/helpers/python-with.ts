/** Python programs that tests run as they are on PyPI. Needs Python 3.12 or later with venv. */
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { defaultCacheFolder, findOnPath } from '../../src/stack/layout.js';

const run = promisify(execFile);
const OLDEST_MINOR = 12;
const COMMANDS = ['python3.13', 'python3.12', 'python3', 'python'];
const IS_NEW_ENOUGH = `import sys, venv, ensurepip; sys.exit(sys.version_info < (3, ${OLDEST_MINOR}))`;

/** A Python that has the packages of a requirements file, in exactly these versions; installed into the cache folder once, under the name. */
export async function pythonWith(name: string, requirements: string): Promise<string> {
  const venv = join(defaultCacheFolder(), `python-${name}`);
  const python = join(venv, 'bin', 'python');
  const installed = join(venv, 'installed.txt');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(requirements, 'utf8') && (await succeeds(python))) {
    return python;
  }
  await run(await findPython(name), ['-m', 'venv', '--clear', venv]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:', '-r', requirements];
  await run(python, pip, { maxBuffer: 16 * 1024 * 1024 });
  copyFileSync(requirements, installed);
  return python;
}

async function findPython(name: string): Promise<string> {
  const pyenv = join(process.env['PYENV_ROOT'] ?? join(homedir(), '.pyenv'), 'versions');
  const versions = existsSync(pyenv) ? readdirSync(pyenv).sort().reverse() : [];
  const candidates = [
    ...COMMANDS.map((name) => findOnPath([name])).filter((path) => path !== undefined),
    ...versions.map((version) => join(pyenv, version, 'bin', 'python')),
  ];
  for (const candidate of candidates) if (await succeeds(candidate)) return candidate;
  throw new Error(
    `this test runs ${name}, which needs Python 3.${OLDEST_MINOR} or later with the venv module. Looked for ${COMMANDS.join(', ')} on the PATH and in ${pyenv}. ` +
      'Get one with "apt-get install python3.12 python3.12-venv" where the distribution has it, or with "pyenv install 3.12"',
  );
}

/** Whether this Python is there and new enough; a shim of pyenv may be there without a Python behind it. */
function succeeds(python: string): Promise<boolean> {
  return run(python, ['-c', IS_NEW_ENOUGH]).then(
    () => true,
    () => false,
  );
}
