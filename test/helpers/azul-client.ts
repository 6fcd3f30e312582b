/**
 * The azul-client of PyPI, unmodified, in a process of its own. Needs Python 3.12 or later with venv; the packages are installed into the
 * cache folder once, in the versions of azul_client_requirements.txt.
 */
import { execFile, spawn } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { defaultCacheFolder, findOnPath } from '../../src/stack/layout.js';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('azul_client_peer.py', import.meta.url));
const REQUIREMENTS = fileURLToPath(new URL('azul_client_requirements.txt', import.meta.url));
const OLDEST_MINOR = 12;
const COMMANDS = ['python3.13', 'python3.12', 'python3', 'python'];
const IS_NEW_ENOUGH = `import sys, venv, ensurepip; sys.exit(sys.version_info < (3, ${OLDEST_MINOR}))`;

/** One call of the client; see azul_client_peer.py. */
export interface ClientCall {
  /** `<part of the client>.<method>` */
  readonly method: string;
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Labels to leave out, as `set_excluded_security` takes them. */
  readonly exclude?: readonly string[];
}

export interface ClientAnswer<T = unknown> {
  readonly value: T;
  /** Of the envelope; null where there was none. */
  readonly meta: { readonly security: string; readonly sec_filter: string | null } | null;
}

export interface AzulClient {
  /** Rejects with the class and the text of whatever the client raised. */
  call(call: ClientCall): Promise<ClientAnswer>;
  /** All public methods of the client. */
  methods(): Promise<string[]>;
  /** Methods called so far. */
  called(): ReadonlySet<string>;
  close(): Promise<void>;
}

/** A raised exception of the client. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
}

interface Line {
  readonly value: unknown;
  readonly meta: ClientAnswer['meta'];
  readonly error?: string;
  readonly message?: string;
}

/** Starts the client on a server's base address (without `/api`). Rejects when there is no Python for it. */
export async function startAzulClient(url: string): Promise<AzulClient> {
  const python = await install();
  const child = spawn(python, [SCRIPT, url], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-4_000)));
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()).on('error', () => resolve()));
  const lines: AsyncIterator<string, undefined> = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const called = new Set<string>();

  async function ask(request: object): Promise<Line> {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const line = await lines.next();
    if (line.done === true) throw new Error(`azul-client ended:\n${complaint}`);
    return JSON.parse(line.value) as Line;
  }

  return {
    async call(call) {
      called.add(call.method);
      const { error, message, value, meta } = await ask(call);
      if (error !== undefined) throw new ClientError(`${error}: ${message}\n${complaint}`);
      return { value, meta };
    },
    methods: async () => (await ask({ list: true })).value as string[],
    called: () => called,
    async close() {
      child.stdin.end();
      await closed;
    },
  };
}

/** The Python that has the client; installs it when it is not there in the pinned versions. */
async function install(): Promise<string> {
  const venv = join(defaultCacheFolder(), 'python-azul-client');
  const python = join(venv, 'bin', 'python');
  const installed = join(venv, 'installed.txt');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(REQUIREMENTS, 'utf8') && (await succeeds(python))) {
    return python;
  }
  await run(await findPython(), ['-m', 'venv', '--clear', venv]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:', '-r', REQUIREMENTS];
  await run(python, pip, { maxBuffer: 16 * 1024 * 1024 });
  copyFileSync(REQUIREMENTS, installed);
  return python;
}

async function findPython(): Promise<string> {
  const pyenv = join(process.env['PYENV_ROOT'] ?? join(homedir(), '.pyenv'), 'versions');
  const versions = existsSync(pyenv) ? readdirSync(pyenv).sort().reverse() : [];
  const candidates = [
    ...COMMANDS.map((name) => findOnPath([name])).filter((path) => path !== undefined),
    ...versions.map((version) => join(pyenv, version, 'bin', 'python')),
  ];
  for (const candidate of candidates) if (await succeeds(candidate)) return candidate;
  throw new Error(
    `this test runs azul-client, which needs Python 3.${OLDEST_MINOR} or later with the venv module. Looked for ${COMMANDS.join(', ')} on the PATH and in ${pyenv}. ` +
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
