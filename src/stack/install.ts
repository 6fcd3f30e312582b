import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  debianPackages,
  kafkaLibraries,
  type OpenSearchModule,
  opensearchModules,
  opensearchPlugins,
  opensearchServer,
  registryApp,
  versions,
} from './artifacts.js';
import { requireJava } from './java.js';
import type { ServiceName } from './layout.js';
import { fetchWithMaven, type MavenTarget } from './maven.js';
import { findTool, type Tool } from './packages.js';
import { type Progress, reportStep } from './progress.js';
import { makeReadable, requireReachable, serviceUser } from './user.js';

/** Where the parts of an installed stack are. Only what was asked for is there. */
export interface Installation {
  readonly javaHome: string;
  readonly kafka: string;
  readonly opensearch: string;
  readonly registry: string;
  /** Path of redis-server or valkey-server. */
  readonly redis: string;
}

const redis: Tool = {
  title: 'Redis',
  commands: ['redis-server', 'valkey-server'],
  packages: debianPackages.redis,
  advice: 'Install it: "apt-get install redis-server" (or valkey-server) on Debian and Ubuntu, "brew install redis" on macOS.',
};

/** A folder name that changes with the version and with everything that is pinned for it. */
function installName(title: string, version: string, pins: unknown): string {
  return `${title}-${version}-${createHash('sha256').update(JSON.stringify(pins)).digest('hex').slice(0, 8)}`;
}

/** The descriptor that makes a library an OpenSearch module. */
export function moduleDescriptor(module: OpenSearchModule): string {
  return `description=${module.name}
version=${versions.opensearch}
name=${module.name}
classname=${module.classname}
java.version=21
opensearch.version=${versions.opensearch}
custom.foldername=
extended.plugins=${module.extends.join(',')}
has.native.controller=false
`;
}

/** Takes away the libraries that the server has itself: OpenSearch refuses a module that brings one a second time. */
function finishModules(root: string): void {
  const server = new Set(readdirSync(join(root, 'lib')));
  for (const module of opensearchModules) {
    const folder = join(root, 'modules', module.name);
    for (const file of readdirSync(folder)) {
      if (server.has(file) || file.startsWith('slf4j')) rmSync(join(folder, file));
    }
    writeFileSync(join(folder, 'plugin-descriptor.properties'), moduleDescriptor(module));
  }
}

function opensearchTargets(folder: string): MavenTarget[] {
  const root = join(folder, `opensearch-${versions.opensearch}`);
  return [
    { name: 'server', folder, archive: opensearchServer },
    ...opensearchPlugins.map(({ name, artifact }) => ({ name, folder: join(root, 'plugins', name), archive: artifact })),
    ...opensearchModules.map(({ name, artifact }) => ({ name, folder: join(root, 'modules', name), libraries: [artifact] })),
  ];
}

interface Product {
  readonly title: string;
  readonly name: string;
  readonly targets: (folder: string) => MavenTarget[];
  /** Last touches; returns the folder to keep. */
  readonly finish: (folder: string) => string;
}

const products: Readonly<Record<'kafka' | 'opensearch' | 'registry', Product>> = {
  kafka: {
    title: `Kafka ${versions.kafka}`,
    name: installName('kafka', versions.kafka, kafkaLibraries),
    targets: (folder) => [{ name: 'kafka', folder: join(folder, 'lib'), libraries: kafkaLibraries }],
    finish: (folder) => folder,
  },
  opensearch: {
    title: `OpenSearch ${versions.opensearch}`,
    name: installName('opensearch', versions.opensearch, [opensearchServer, opensearchModules, opensearchPlugins]),
    targets: opensearchTargets,
    finish: (folder) => {
      const root = join(folder, `opensearch-${versions.opensearch}`);
      finishModules(root);
      return root;
    },
  },
  registry: {
    title: `Apicurio Registry ${versions.registry}`,
    name: installName('apicurio-registry', versions.registry, registryApp),
    targets: (folder) => [{ name: 'registry', folder, archive: registryApp }],
    finish: (folder) => folder,
  },
};

/** Builds a product in a scratch folder and moves it into place in one step, so that an interrupted set-up leaves nothing half done. */
async function installProduct(product: Product, cacheFolder: string, javaHome: string, progress: Progress): Promise<string> {
  const target = join(cacheFolder, product.name);
  if (existsSync(target)) return target;
  const scratch = join(cacheFolder, `tmp-${product.name}-${String(process.pid)}`);
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(join(scratch, 'tree'), { recursive: true });
  try {
    await reportStep(progress, 'install', `${product.title}: fetching with Maven`, async () => {
      const options = { workFolder: join(scratch, 'maven'), cacheFolder, name: product.name, javaHome };
      await fetchWithMaven(product.targets(join(scratch, 'tree')), options, progress);
      const tree = product.finish(join(scratch, 'tree'));
      makeReadable(tree);
      if (!existsSync(target)) renameSync(tree, target);
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return target;
}

/**
 * Makes sure that the given services can be started: fetches what the cache folder lacks. Repeating it costs nothing.
 * Throws a StackError that names what is missing and how to get it.
 */
export async function installStack(cacheFolder: string, services: readonly ServiceName[], progress: Progress): Promise<Installation> {
  mkdirSync(cacheFolder, { recursive: true });
  requireReachable(cacheFolder, serviceUser(), 'METAFOLD_CACHE');
  const needsJava = services.some((service) => service !== 'redis');
  const javaHome = needsJava ? await requireJava(cacheFolder, progress) : '';
  const product = async (name: 'kafka' | 'opensearch' | 'registry') =>
    services.includes(name) ? installProduct(products[name], cacheFolder, javaHome, progress) : '';
  return {
    javaHome,
    redis: services.includes('redis') ? await findTool(redis, cacheFolder, progress) : '',
    kafka: await product('kafka'),
    opensearch: await product('opensearch'),
    registry: await product('registry'),
  };
}
