/** Compiles the sources when they have changed, and puts the command where `npx metafold` looks for it. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { run, say } from './children.mjs';
import { SetupError } from './dependencies.mjs';

const folders = ['schemas', 'projections', 'streams', 'src'];
const configuration = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
const entry = join('dist', 'src', 'main.js');
/** Starts the entry. */
const launcher = { from: join('src', 'metafold.sh'), to: join('dist', 'metafold.sh') };

function* sources(folder) {
  for (const item of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, item.name);
    if (item.isDirectory()) yield* sources(path);
    else if (item.name.endsWith('.ts')) yield path;
  }
}

/** Changes with the names and contents of everything that is compiled. */
function fingerprint(root) {
  const hash = createHash('sha256');
  const files = folders.flatMap((folder) => [...sources(join(root, folder))]).sort();
  for (const file of [...files, ...configuration.map((name) => join(root, name))])
    hash.update(file).update('\0').update(readFileSync(file));
  return hash.digest('hex');
}

function linkCommand(root) {
  const target = join('..', '..', launcher.to);
  const link = join(root, 'node_modules', '.bin', 'metafold');
  copyFileSync(join(root, launcher.from), join(root, launcher.to));
  // The entry too: `npx` keeps what it has linked once, also when it was the entry itself.
  for (const file of [launcher.to, entry]) chmodSync(join(root, file), 0o755);
  mkdirSync(join(root, 'node_modules', '.bin'), { recursive: true });
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(link) === target) return;
  rmSync(link, { force: true });
  symlinkSync(target, link);
}

/** Builds `dist`; without `always` only when a source differs from the last build. Throws a SetupError when tsc finds errors. */
export async function ensureBuilt(root, { always = false } = {}) {
  const stampFile = join(root, 'dist', '.metafold-build');
  const stamp = fingerprint(root);
  const built =
    existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp && statSync(join(root, entry), { throwIfNoEntry: false });
  if (always || !built) {
    say('Building metafold ...');
    const started = Date.now();
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    rmSync(stampFile, { force: true });
    const code = await run(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root });
    if (code !== 0) throw new SetupError('The TypeScript compiler found errors (above); nothing was started.');
    writeFileSync(stampFile, stamp);
    say(`Building metafold: done (${Math.round((Date.now() - started) / 1000)} s)`);
  }
  linkCommand(root);
}
