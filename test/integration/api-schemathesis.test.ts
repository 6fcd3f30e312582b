/**
 * The API against its own OpenAPI document, by a tool that knows nothing else of it: no failure of the server, no status, type or shape
 * that the document does not tell. Needs Python 3.10 or later with venv; schemathesis is installed from PyPI into the cache folder once.
 */
// test-timeout-s: 600
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { defaultCacheFolder, findOnPath } from '../../src/stack/layout.js';
import { apiHistory } from '../helpers/api-history.js';
import { integration } from '../helpers/integration.js';
import { serveApi, type ServedApi } from '../helpers/served-api.js';

const SCHEMATHESIS = 'schemathesis==4.32.5';
// Not what other methods get: a path such as /v0/binaries/all is that of a binary as well, which takes GET.
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
];
const SEED = '20260301';
const EXAMPLES = '15';

const test = integration('api: schemathesis');
let api: ServedApi;
let folder = '';
let program = '';

test.setup(async () => {
  program = await installed();
  const { arena } = await apiHistory();
  folder = arena.folder;
  api = await serveApi(arena, { RESTAPI_SECURITY: 'none', METAFOLD_LABEL_SOURCE: 'all' });
  test.closing(() => api.stop());
});

/** Where schemathesis is. */
async function installed(): Promise<string> {
  const run = promisify(execFile);
  const base = findOnPath(['python3', 'python']);
  if (base === undefined) throw new Error('this test needs python3 (3.10 or later) with the venv module on the PATH');
  const venv = join(defaultCacheFolder(), 'python-schemathesis');
  const python = join(venv, 'bin', 'python');
  const path = join(venv, 'bin', 'schemathesis');
  const version = SCHEMATHESIS.split('==')[1]!;
  const ready = existsSync(path) && (await run(path, ['--version']).then(({ stdout }) => stdout.includes(version), () => false)); // prettier-ignore
  if (!ready) {
    await run(base, ['-m', 'venv', '--clear', venv]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', SCHEMATHESIS]);
  }
  return path;
}

interface Run {
  readonly code: number | null;
  readonly output: string;
}

function schemathesis(...options: readonly string[]): Promise<Run> {
  const child = spawn(program, ['run', `${api.url}/api/openapi.json`, ...options], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', PYTHONUTF8: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve, reject) => child.on('error', reject).on('close', (code) => resolve({ code, output })));
}

test('answers only what its document says', async () => {
  const { code, output } = await schemathesis(
    '--url',
    api.url,
    '--checks',
    CHECKS.join(),
    '--phases',
    'examples,coverage,fuzzing',
    '--max-examples',
    EXAMPLES,
    '--seed',
    SEED,
    '--request-timeout',
    '30',
    '--warnings',
    'off',
    '--no-shrink',
    '--continue-on-failure',
  );
  assert.is(code, 0, output.slice(-20_000));
  assert.match(output, /[1-9][0-9]* test cases|[1-9][0-9]* generated/i, output.slice(-2_000));
  assert.is((await fetch(`${api.url}/readyz`)).status, 200);
});
