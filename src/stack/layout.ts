import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { StackError } from './errors.js';

export const serviceNames = ['kafka', 'opensearch', 'registry', 'redis'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Ports of the stack, all on 127.0.0.1. */
export interface Ports {
  readonly kafka: number;
  readonly kafkaController: number;
  readonly opensearch: number;
  readonly opensearchTransport: number;
  readonly registry: number;
  readonly registryManagement: number;
  readonly redis: number;
}

export const defaultPortBase = 29000;
const offsets: Ports = {
  kafka: 92,
  kafkaController: 93,
  opensearch: 200,
  opensearchTransport: 300,
  registry: 81,
  registryManagement: 82,
  redis: 379,
};
const lowestBase = 1024;
const highestBase = 65535 - offsets.redis;

/** The ports that belong to a base; throws a StackError for a base that leaves no room below 65536. */
export function portsFor(base: number): Ports {
  if (!Number.isInteger(base) || base < lowestBase || base > highestBase) {
    throw new StackError(
      'bad_option',
      `port base ${String(base)} is not a whole number from ${String(lowestBase)} to ${String(highestBase)}`,
    );
  }
  return {
    kafka: base + offsets.kafka,
    kafkaController: base + offsets.kafkaController,
    opensearch: base + offsets.opensearch,
    opensearchTransport: base + offsets.opensearchTransport,
    registry: base + offsets.registry,
    registryManagement: base + offsets.registryManagement,
    redis: base + offsets.redis,
  };
}

/** Every port that a service binds; the first is the one that clients use. */
export function portsOfService(service: ServiceName, ports: Ports): readonly number[] {
  switch (service) {
    case 'kafka':
      return [ports.kafka, ports.kafkaController];
    case 'opensearch':
      return [ports.opensearch, ports.opensearchTransport];
    case 'registry':
      return [ports.registry, ports.registryManagement];
    case 'redis':
      return [ports.redis];
  }
}

/** The names of a `--services` list in start order; throws a StackError for a name that is no service. */
export function parseServices(text: string): ServiceName[] {
  const wanted = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const unknown = wanted.find((name) => !(serviceNames as readonly string[]).includes(name));
  if (unknown !== undefined || wanted.length === 0) {
    throw new StackError('bad_option', `services "${text}": expected a list of ${serviceNames.join(', ')}, separated by commas`);
  }
  return serviceNames.filter((name) => wanted.includes(name));
}

/** A home that other users may not enter (root's, usually) can hold nothing that a server under another user has to read. */
function homeIsPrivate(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    return !worldMayEnter(homedir());
  } catch {
    return true;
  }
}

/** True when every folder on the way to `path` lets anybody through. Folders that do not exist yet are not judged. */
export function worldMayEnter(path: string): boolean {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const mode = statSync(folder, { throwIfNoEntry: false })?.mode;
    if (mode !== undefined && (mode & 0o001) === 0) return false;
    if (dirname(folder) === folder) return true;
  }
}

/** Where downloads are kept: `METAFOLD_CACHE`, else `XDG_CACHE_HOME/metafold`, else `~/.cache/metafold` (root with a closed home: `/var/cache/metafold`). */
export function defaultCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env['METAFOLD_CACHE']) return resolve(env['METAFOLD_CACHE']);
  if (env['XDG_CACHE_HOME']) return join(resolve(env['XDG_CACHE_HOME']), 'metafold');
  return homeIsPrivate() ? '/var/cache/metafold' : join(homedir(), '.cache', 'metafold');
}

/** Where a stack keeps its data: `METAFOLD_DATA`, else `~/.local/share/metafold/stack` (root with a closed home: `/var/lib/metafold/stack`). */
export function defaultDataFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env['METAFOLD_DATA']) return resolve(env['METAFOLD_DATA']);
  if (env['XDG_DATA_HOME']) return join(resolve(env['XDG_DATA_HOME']), 'metafold', 'stack');
  return homeIsPrivate() ? '/var/lib/metafold/stack' : join(homedir(), '.local', 'share', 'metafold', 'stack');
}

/** The first executable of these names on PATH, as an absolute path. */
export function findOnPath(names: readonly string[], env: NodeJS.ProcessEnv = process.env): string | undefined {
  for (const name of names) {
    for (const folder of (env['PATH'] ?? '').split(':')) {
      const candidate = join(folder || '.', name);
      try {
        accessSync(candidate, constants.X_OK);
        if (statSync(candidate).isFile()) return resolve(candidate);
      } catch {
        continue; // not in this folder
      }
    }
  }
  return undefined;
}
