/** Who runs `metafold start` for a data folder: one process at a time, remembered in a file so that a killed one can be tidied up after. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MetafoldError } from '../errors.js';
import { serviceNames, type ServiceName } from '../stack/layout.js';
import { isAlive, processStartTime, type ProcessIdentity } from '../stack/process.js';

export type ServiceProcesses = ReadonlyMap<ServiceName, ProcessIdentity>;

/** What a start that was killed has left behind. */
export interface Leftovers {
  readonly worker: ProcessIdentity | undefined;
  readonly server: ProcessIdentity | undefined;
  /** Services that it had started, so that its successor ends them. */
  readonly services: ServiceProcesses;
}

/** Processes by what they are. */
export interface Started {
  readonly worker?: ProcessIdentity;
  /** Of the API. */
  readonly server?: ProcessIdentity;
  readonly services?: ServiceProcesses;
}

export interface RunRecord {
  /** Of the predecessor that could not end properly, if there was one; only what still lives. */
  readonly leftovers: Leftovers;
  /** Notes what this start has started. */
  note(started: Started): void;
  release(): void;
}

interface Content extends Omit<Started, 'services'> {
  readonly owner: ProcessIdentity;
  readonly services?: Partial<Record<ServiceName, ProcessIdentity>>;
}

/** Folder of what `metafold start` keeps beside the stack's own data. */
export function startFolder(dataFolder: string): string {
  return join(dataFolder, 'start');
}

function isIdentity(value: unknown): value is ProcessIdentity {
  const { pid, startTime } = (value ?? {}) as Record<string, unknown>;
  return Number.isInteger(pid) && (pid as number) > 1 && typeof startTime === 'string';
}

/** The record in a file; undefined when there is none or it makes no sense. */
function readRecord(file: string): Content | undefined {
  try {
    const content = JSON.parse(readFileSync(file, 'utf8')) as Content;
    return isIdentity(content.owner) ? content : undefined;
  } catch {
    return undefined;
  }
}

function living(identity: unknown): ProcessIdentity | undefined {
  return isIdentity(identity) && isAlive(identity) ? identity : undefined;
}

function leftoversOf(content: Content | undefined): Leftovers {
  const services = new Map<ServiceName, ProcessIdentity>();
  for (const name of serviceNames) {
    const identity = living(content?.services?.[name]);
    if (identity !== undefined) services.set(name, identity);
  }
  return { worker: living(content?.worker), server: living(content?.server), services };
}

/** Links the written file to its name: it is there with its whole content or not at all. False when another one is there. */
function create(file: string, content: Content): boolean {
  const draft = `${file}.${String(process.pid)}`;
  writeFileSync(draft, `${JSON.stringify(content)}\n`);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Takes the data folder for this process. Throws MF_STACK while another `metafold start` has it. */
export function claimDataFolder(dataFolder: string): RunRecord {
  const folder = startFolder(dataFolder);
  const file = join(folder, 'run.json');
  mkdirSync(folder, { recursive: true });
  let content: Content = { owner: { pid: process.pid, startTime: processStartTime(process.pid) ?? '' } };
  let previous: Content | undefined;
  while (!create(file, content)) {
    previous = readRecord(file);
    if (previous !== undefined && isAlive(previous.owner)) {
      const { pid } = previous.owner;
      const message = `"metafold start" runs already for ${dataFolder} (pid ${String(pid)}); end it with Ctrl-C, or choose another folder with --data and other ports with --port-base`;
      throw new MetafoldError('MF_STACK', message, { reason: 'already_started', pid, data: dataFolder });
    }
    rmSync(file, { force: true });
  }
  return {
    leftovers: leftoversOf(previous),
    note({ services, ...children }) {
      content = { ...content, ...children, ...(services && { services: Object.fromEntries(services) }) };
      writeFileSync(`${file}.new`, `${JSON.stringify(content)}\n`);
      renameSync(`${file}.new`, file);
    },
    release() {
      rmSync(file, { force: true });
      for (const empty of [folder, dirname(folder)]) {
        try {
          rmdirSync(empty);
        } catch {
          return; // something is in it, which is the normal case
        }
      }
    },
  };
}
