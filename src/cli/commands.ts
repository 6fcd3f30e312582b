/**
 * The list of commands. Names and descriptions stand here, so that `metafold --help` loads no command; each module is imported
 * when its command is called, and makes the commander command for the name it was called by.
 */
import type { Command } from 'commander';

export interface CommandModule {
  createCommand(name: string): Command;
}

export interface CommandEntry {
  readonly name: string;
  readonly description: string;
  readonly group: 'Folding' | 'Events and documents' | 'Operation' | 'Development';
  readonly load: () => Promise<CommandModule>;
}

const worker = (): Promise<CommandModule> => import('./worker.js');

const stack = async (): Promise<CommandModule> => ({ createCommand: (await import('./stack.js')).stackCommand });

export const COMMANDS: readonly CommandEntry[] = [
  { name: 'start', group: 'Folding', description: 'local stack and worker in one go, for a first look', load: () => import('./start.js') },
  { name: 'worker', group: 'Folding', description: 'fold all topics into OpenSearch documents', load: worker },
  { name: 'ingest-binary', group: 'Folding', description: 'fold binary events only', load: worker },
  { name: 'ingest-plugin', group: 'Folding', description: 'fold plugin events only', load: worker },
  { name: 'ingest-status', group: 'Folding', description: 'fold status events only', load: worker },
  { name: 'ingest-download', group: 'Folding', description: 'fold download events only', load: worker },
  {
    name: 'serve',
    group: 'Operation',
    description: 'answer queries over HTTP, as azul-metastore does',
    load: () => import('./serve.js'),
  },
  {
    name: 'rebuild',
    group: 'Operation',
    description: 'fold everything again into new indices, then let readers see these',
    load: () => import('./rebuild.js'),
  },
  {
    name: 'generations',
    group: 'Operation',
    description: 'generations of indices: list, activate, drop',
    load: () => import('./generations.js'),
  },
  {
    name: 'verify',
    group: 'Operation',
    description: 'compare the documents with a fold of the log',
    load: () => import('./verify.js'),
  },
  {
    name: 'repair',
    group: 'Operation',
    description: 'make the documents that verify names what the log makes of them',
    load: () => import('./repair.js'),
  },
  {
    name: 'explain',
    group: 'Operation',
    description: 'the events behind a binary or a document: winner, losers, deleted ones',
    load: () => import('./explain.js'),
  },
  {
    name: 'replay',
    group: 'Operation',
    description: 'fold a slice of a topic again',
    load: () => import('./replay.js'),
  },
  {
    name: 'collections',
    group: 'Operation',
    description: 'standing queries folded into Redis keys: create, look up, list, stop, rebuild',
    load: () => import('./collections.js'),
  },
  {
    name: 'dead-letters',
    group: 'Operation',
    description: 'records that could not be folded: list, show, replay',
    load: () => import('./dead-letters.js'),
  },
  {
    name: 'force-update-templates',
    group: 'Operation',
    description: 'write index templates, mappings and base indices',
    load: () => import('./force-update-templates.js'),
  },
  { name: 'config', group: 'Operation', description: 'effective settings, secrets masked', load: () => import('./config.js') },
  {
    name: 'doctor',
    group: 'Operation',
    description: 'check versions, connections, topics, templates and settings',
    load: () => import('./doctor.js'),
  },
  { name: 'publish', group: 'Events and documents', description: 'publish events from JSON lines', load: () => import('./publish.js') },
  {
    name: 'publish-raw',
    group: 'Events and documents',
    description: 'publish Avro records, one a file',
    load: () => import('./publish-raw.js'),
  },
  {
    name: 'export',
    group: 'Events and documents',
    description: 'print the documents of OpenSearch as JSON lines',
    load: () => import('./export.js'),
  },
  {
    name: 'generate',
    group: 'Events and documents',
    description: 'print a made-up history of events as JSON lines',
    load: () => import('./generate.js'),
  },
  {
    name: 'stack',
    group: 'Development',
    description: 'Kafka, OpenSearch, schema registry and Redis on this machine',
    load: stack,
  },
  { name: 'bench', group: 'Development', description: 'measure the fold', load: () => import('./bench.js') },
];
