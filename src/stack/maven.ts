import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianPackages, type MavenArtifact, versions } from './artifacts.js';
import { StackError } from './errors.js';
import { findOnPath } from './layout.js';
import { findTool, type Tool } from './packages.js';
import type { Progress } from './progress.js';
import { runLogged, tailOf } from './run-command.js';

const maven: Tool = {
  title: 'Maven',
  commands: ['mvn'],
  packages: debianPackages.maven,
  advice:
    'Install it: "apt-get install maven" on Debian and Ubuntu, "brew install maven" on macOS, or https://maven.apache.org/download.cgi.',
};

/** A folder to fill: with libraries and all they need at run time, or with the content of one archive. */
export interface MavenTarget {
  readonly name: string;
  readonly folder: string;
  readonly libraries?: readonly MavenArtifact[];
  readonly archive?: MavenArtifact;
}

function coordinates(artifact: MavenArtifact, extra = ''): string {
  const optional = [
    artifact.type === undefined ? '' : `<type>${artifact.type}</type>`,
    artifact.classifier === undefined ? '' : `<classifier>${artifact.classifier}</classifier>`,
  ].join('');
  return `<groupId>${artifact.groupId}</groupId><artifactId>${artifact.artifactId}</artifactId><version>${artifact.version}</version>${optional}${extra}`;
}

function project(name: string, content: string): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>metafold.stack</groupId><artifactId>${name}</artifactId><version>1</version><packaging>pom</packaging>
${content}
</project>
`;
}

/** The project file that makes the dependency plugin unpack every archive into its folder. */
export function archivesPom(targets: readonly MavenTarget[]): string {
  const items = targets.flatMap(({ archive, folder }) =>
    archive === undefined ? [] : [`<artifactItem>${coordinates(archive, `<outputDirectory>${folder}</outputDirectory>`)}</artifactItem>`],
  );
  return project(
    'archives',
    `<build><plugins><plugin><groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId>
<version>${versions.mavenDependencyPlugin}</version><configuration><artifactItems>
${items.join('\n')}
</artifactItems></configuration></plugin></plugins></build>`,
  );
}

/** The project file of one set of libraries. */
export function librariesPom(target: MavenTarget): string {
  const dependencies = (target.libraries ?? []).map((library) => `<dependency>${coordinates(library)}</dependency>`);
  return project(target.name, `<dependencies>\n${dependencies.join('\n')}\n</dependencies>`);
}

/** Writes one Maven project per set of libraries and one that holds them together, so that a single run fetches all. */
function writeProjects(workFolder: string, targets: readonly MavenTarget[]): void {
  const modules = targets.filter((target) => target.libraries !== undefined);
  for (const target of modules) {
    mkdirSync(join(workFolder, target.name), { recursive: true });
    const properties = `<properties><outputDirectory>${target.folder}</outputDirectory></properties>`;
    writeFileSync(
      join(workFolder, target.name, 'pom.xml'),
      librariesPom(target).replace('<dependencies>', `${properties}\n<dependencies>`),
    );
  }
  const names = modules.map((target) => `<module>${target.name}</module>`).join('');
  writeFileSync(join(workFolder, 'pom.xml'), project('libraries', `<modules>${names}</modules>`));
  writeFileSync(join(workFolder, 'archives.xml'), archivesPom(targets));
}

async function runMaven(
  args: readonly string[],
  workFolder: string,
  logFile: string,
  cacheFolder: string,
  progress: Progress,
  javaHome: string,
) {
  const command = await findTool(maven, cacheFolder, progress);
  // Maven wants a Java of its own on a machine where the only one is ours.
  const env = findOnPath(['java']) === undefined && !process.env['JAVA_HOME'] ? { ...process.env, JAVA_HOME: javaHome } : process.env;
  const code = await runLogged(command, ['-B', '-ntp', ...args], { logFile, cwd: workFolder, env });
  if (code === 0) return;
  const errors = tailOf(logFile, 400)
    .split('\n')
    .filter((line) => line.startsWith('[ERROR]'))
    .slice(0, 4)
    .join('\n');
  throw new StackError('download_failed', `Maven could not fetch the artifacts (exit ${String(code)}); see its log ${logFile}`, {
    output: errors,
  });
}

/** Fetches with Maven what the targets name. `workFolder` is scratch. Throws a StackError. */
export async function fetchWithMaven(
  targets: readonly MavenTarget[],
  options: { workFolder: string; cacheFolder: string; name: string; javaHome: string },
  progress: Progress,
): Promise<void> {
  const { workFolder, cacheFolder, name, javaHome } = options;
  mkdirSync(workFolder, { recursive: true });
  writeProjects(workFolder, targets);
  const plugin = `org.apache.maven.plugins:maven-dependency-plugin:${versions.mavenDependencyPlugin}`;
  const log = (kind: string) => join(cacheFolder, 'logs', `maven-${name}-${kind}.log`);
  if (targets.some((target) => target.archive !== undefined)) {
    await runMaven(['-f', 'archives.xml', `${plugin}:unpack`], workFolder, log('archives'), cacheFolder, progress, javaHome);
  }
  if (targets.some((target) => target.libraries !== undefined)) {
    const goal = [`${plugin}:copy-dependencies`, '-DincludeScope=runtime'];
    await runMaven(goal, workFolder, log('libraries'), cacheFolder, progress, javaHome);
  }
}
