/** npm packages, and the native library of the Kafka client: downloaded where that is possible, built here where it is not. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runQuietly, say, tail } from './children.mjs';
import { differingPackages } from './lockfile.mjs';

const kafkaClient = '@confluentinc/kafka-javascript';
const libraries = ['libssl-dev', 'libsasl2-dev', 'zlib1g-dev', 'libzstd-dev', 'libcurl4-openssl-dev', 'liblz4-dev'];
const compilers = [
  ['make', 'make'],
  ['g++', 'g++'],
  ['python3', 'python3'],
];

/** A failure whose message is all that the user needs. */
export class SetupError extends Error {}

/** Changes with the lock file, with Node's binary interface and with the platform. */
function fingerprint(root) {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return createHash('sha256').update(lock).update(`${process.versions.modules} ${process.platform} ${process.arch}`).digest('hex');
}

const stampFile = (root) => join(root, 'node_modules', '.metafold-install');

function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** True when the Kafka client's native library is there and can be loaded. */
function kafkaClientLoads(root) {
  const script = `require(${JSON.stringify(kafkaClient)})`;
  return spawnSync(process.execPath, ['-e', script], { cwd: root, stdio: 'ignore' }).status === 0;
}

/** True when somebody ran `npm ci` or `npm install` by hand and all is well. */
function installedByHand(root) {
  const installed = readText(join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return differingPackages(wanted, JSON.parse(installed)).length === 0 && kafkaClientLoads(root);
}

function onPath(command) {
  return spawnSync('/bin/sh', ['-c', `command -v "$1"`, 'sh', command], { stdio: 'ignore' }).status === 0;
}

function missingLibraries() {
  return libraries.filter((name) => {
    const { stdout = '' } = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], { encoding: 'utf8' });
    return stdout !== 'installed';
  });
}

/** The prefix that makes a command run as root: nothing, `sudo -n`, or undefined when we may not. */
function asRoot() {
  if (process.getuid?.() === 0) return [];
  if (onPath('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0) return ['sudo', '-n'];
  return undefined;
}

async function provideBuildTools(logs) {
  const absent = compilers.filter(([command]) => !onPath(command)).map(([, name]) => name);
  const wanted = [...absent, ...(onPath('dpkg-query') ? missingLibraries() : [])];
  if (wanted.length === 0) return;
  const install = `apt-get install ${wanted.join(' ')}`;
  const prefix = asRoot();
  if (prefix === undefined || !onPath('apt-get')) {
    throw new SetupError(
      `The Kafka client has to be built on this machine, which needs what Debian and Ubuntu get with:\n  sudo ${install}`,
    );
  }
  const logFile = join(logs, 'apt.log');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (title, ...args) => {
    const [command, ...rest] = [...prefix, 'apt-get', ...args];
    return runQuietly(title, command, rest, { logFile, env });
  };
  await apt('Reading the lists of Debian packages', 'update');
  if ((await apt(`Installing ${wanted.join(' ')}`, 'install', '-y', '--no-install-recommends', ...wanted)) !== 0) {
    throw new SetupError(`"${install}" failed (log: ${logFile})\n${tail(logFile)}`);
  }
}

/** npm itself, without the shell's idea of it when npm has started us. */
function npm(args) {
  const script = process.env.npm_execpath;
  return script !== undefined && /npm-cli\.c?js$/.test(script) ? [process.execPath, [script, ...args]] : ['npm', args];
}

async function fetchPackages(root, logs) {
  const logFile = join(logs, 'npm-ci.log');
  // Scripts run afterwards, one by one: npm would show pages of a failed compilation, and throw everything away.
  const [command, args] = npm(['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund']);
  if ((await runQuietly('Installing npm packages', command, args, { cwd: root, logFile })) !== 0) {
    throw new SetupError(`"npm ci" failed (log: ${logFile})\n${tail(logFile)}`);
  }
}

/** The plain way: the client's own download of a library built by its makers. */
async function downloadLibrary(root, logs) {
  const installer = join(root, 'node_modules', '@mapbox', 'node-pre-gyp', 'bin', 'node-pre-gyp');
  const options = { cwd: join(root, 'node_modules', kafkaClient), logFile: join(logs, 'kafka-client-download.log') };
  await runQuietly('Kafka client: fetching its native library', process.execPath, [installer, 'install'], options);
  return kafkaClientLoads(root);
}

async function buildLibrary(root, logs) {
  await provideBuildTools(logs);
  const logFile = join(logs, 'kafka-client-build.log');
  const env = { ...process.env, CKJS_LINKING: 'dynamic' };
  delete env.MAKEFLAGS;
  delete env.JOBS;
  const [command, args] = npm(['rebuild', '--foreground-scripts', kafkaClient]);
  const code = await runQuietly('Kafka client: building its native library (one to three minutes)', command, args, {
    cwd: root,
    env,
    logFile,
  });
  if (code === 0 && kafkaClientLoads(root)) return;
  throw new SetupError(`The Kafka client's native library could neither be fetched nor built (log: ${logFile})\n${tail(logFile)}`);
}

/** Makes sure that node_modules is what package-lock.json says and that the Kafka client works. Costs nothing when it is. */
export async function ensureDependencies(root) {
  const stamp = fingerprint(root);
  if (readText(stampFile(root)) === stamp) return;
  if (!installedByHand(root)) {
    const logs = mkdtempSync(join(tmpdir(), 'metafold-setup-'));
    await fetchPackages(root, logs);
    if (!(await downloadLibrary(root, logs))) {
      say('It cannot be had from here; building it against the libraries of this machine instead.');
      await buildLibrary(root, logs);
    }
    const [command, args] = npm(['rebuild', 'esbuild']);
    await runQuietly('Finishing npm packages', command, args, { cwd: root, logFile: join(logs, 'npm-rebuild.log') });
  }
  if (existsSync(join(root, 'node_modules'))) writeFileSync(stampFile(root), stamp);
}

/** Throws unless Node is new enough for the `engines` of package.json. */
export function checkNode(root) {
  const range = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node;
  const [major, minor] = range.replace('>=', '').split('.').map(Number);
  const [haveMajor, haveMinor] = process.versions.node.split('.').map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  throw new SetupError(`metafold needs Node ${range}; this is ${process.version} (${process.execPath}). Get one from https://nodejs.org.`);
}
