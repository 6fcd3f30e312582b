/** The command as it is started: by a link to a script, which tells the C library how many heaps to keep. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('launcher');
const LAUNCHER = fileURLToPath(new URL('../../../src/metafold.sh', import.meta.url));
const PROGRAM = 'console.log(JSON.stringify([process.env.MALLOC_ARENA_MAX, ...process.argv.slice(2)])); process.exitCode = 7;';

let folder: string;
let command: string;

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'metafold test-'));
  mkdirSync(join(folder, 'dist', 'src'), { recursive: true });
  writeFileSync(join(folder, 'dist', 'src', 'main.js'), PROGRAM);
  copyFileSync(LAUNCHER, join(folder, 'dist', 'metafold.sh'));
  command = join(folder, 'metafold');
  symlinkSync(join('dist', 'metafold.sh'), command);
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

function run(env: NodeJS.ProcessEnv, ...args: readonly string[]): { readonly status: number | null; readonly said: unknown } {
  const { status, stdout } = spawnSync(command, args, { env: { ...process.env, MALLOC_ARENA_MAX: undefined, ...env }, encoding: 'utf8' });
  return { status, said: JSON.parse(stdout) };
}

test('runs the program with its arguments and one heap, and ends as it does', () => {
  assert.equal(run({}, 'a b', '', '$c', '--d'), { status: 7, said: ['1', 'a b', '', '$c', '--d'] });
});

test('leaves the number of heaps to whoever sets it', () => {
  assert.equal(run({ MALLOC_ARENA_MAX: '4' }).said, ['4']);
});

test('is a script that any shell can run', () => {
  execFileSync('sh', ['-n', LAUNCHER]);
});

test.run();
