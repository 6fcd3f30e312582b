/** `metafold generations` (spec 06 §2.7): what generations there are, which one readers see, and away with those of no more use. */
import { Argument, Command } from 'commander';
import type { Client } from '@opensearch-project/opensearch';
import type { Docname } from '../../projections/index-names.js';
import { projections } from '../../projections/index.js';
import { createGroupAdmin } from '../../streams/group-admin.js';
import { createGroupLagReader } from '../../streams/group-lag.js';
import { loadConfig, type Config, type Section } from '../config/index.js';
import { completeSwaps } from '../generations/active.js';
import { bringUp } from '../generations/bring-up.js';
import { activatable, droppable, readGeneration } from '../generations/choose.js';
import { openControl, type ControlTopic } from '../generations/control-topic.js';
import { assertUnfolded, dropGeneration, findDroppable, type Droppable } from '../generations/drop.js';
import { familiesOf } from '../generations/families.js';
import { readKnown } from '../generations/known.js';
import { listGenerations, type ListedGeneration } from '../generations/list.js';
import { checkOpenSearch, createOpenSearchClient } from '../opensearch/client.js';
import { operationError } from './operation-error.js';
import { Pace } from './pace.js';
import { baseCommand, runCommand, wholeNumber, type CommandContext, type CommandOutcome, type CommonOptions } from './run.js';

interface ActivateOptions extends CommonOptions {
  readonly workers: number;
}

interface DropOptions extends CommonOptions {
  readonly apply?: boolean;
}

const EXAMPLES = [
  'metafold generations list',
  'metafold generations activate 1',
  'metafold generations drop g2',
  'metafold generations drop g2 --apply',
];

/** The parent has no options of its own: commander would take --json of a subcommand for its. */
export function createCommand(name: string): Command {
  const command = new Command(name)
    .description('generations: complete sets of indices, of which readers see the active one')
    .addHelpText('after', `\nExamples:\n${EXAMPLES.map((example) => `  $ ${example}`).join('\n')}`);
  for (const subcommand of [listCommand(), activateCommand(), dropCommand()]) command.addCommand(subcommand);
  return command;
}

const generation = (): Argument => new Argument('<generation>', 'a number, g2, or the partition name as `generations list` prints it');
const chosen = (): Argument =>
  new Argument('[projection...]', 'only for these (default: all that have it); status and download go together').choices(
    projections.map(({ name }) => name),
  );

function listCommand(): Command {
  return baseCommand('list', 'list generations with documents, size, lag and age', ['metafold generations list --json']).action(
    (options: CommonOptions) =>
      runCommand('generations list', options, (context) =>
        withServers(['kafka', 'opensearch'], context, async ({ client, control, config }) => {
          const reader = createGroupLagReader(config.kafka.brokers, config.kafka.client);
          try {
            const items = await listGenerations(client, reader, control.state, config);
            return { result: { items }, text: tableOf(items) };
          } finally {
            reader.close();
          }
        }),
      ),
  );
}

function activateCommand(): Command {
  return baseCommand('activate', 'let readers see another generation, after it has caught up with the log', [
    'metafold generations activate 1',
    'metafold generations activate 2 binary --workers 4',
  ])
    .addArgument(generation())
    .addArgument(chosen())
    .option('--workers <n>', 'processes that fold what it lacks', wholeNumber(1, 64), 1)
    .action((text: string, names: string[], options: ActivateOptions) =>
      runCommand('generations activate', options, (context) => activate(text, names, options, context)),
    );
}

function dropCommand(): Command {
  return baseCommand(
    'drop',
    'remove indices, templates and consumer groups of a generation that is not active; a dry run without --apply',
    ['metafold generations drop g2', 'metafold generations drop g2 --apply'],
  )
    .addArgument(generation())
    .addArgument(chosen())
    .option('--apply', 'really remove')
    .action((text: string, names: string[], options: DropOptions) =>
      runCommand('generations drop', options, (context) => drop(text, names, options, context)),
    );
}

interface Servers<S extends Section> {
  readonly client: Client;
  readonly control: ControlTopic;
  readonly config: Config<S>;
}

async function withServers<S extends Section>(
  need: readonly (S | 'kafka' | 'opensearch')[],
  context: CommandContext,
  action: (servers: Servers<S | 'kafka' | 'opensearch'>) => Promise<CommandOutcome>,
): Promise<CommandOutcome> {
  const config = await loadConfig(process.env, { need });
  for (const warning of config.warnings) context.warn(warning);
  const client = createOpenSearchClient((config as Config<'opensearch'>).opensearch);
  try {
    await checkOpenSearch(client);
    const { kafka } = config as Config<'kafka'>;
    const control = await openControl({ kafka, partition: config.partition, log: context.logger('warn') });
    try {
      return await action({ client, control, config });
    } finally {
      await control.close();
    }
  } catch (error) {
    throw operationError(error, context.name);
  } finally {
    await client.close();
  }
}

function wanted(names: readonly string[]): Docname[] {
  return familiesOf(names.length === 0 ? projections : projections.filter(({ name }) => names.includes(name)));
}

function activate(text: string, names: readonly string[], options: ActivateOptions, context: CommandContext): Promise<CommandOutcome> {
  return withServers(['kafka', 'opensearch', 'security'], context, async ({ client, control, config }) => {
    const number = readGeneration(config.partition, text);
    const known = await readKnown(client, config.partition, control.state);
    const docnames = activatable(known, wanted(names), number);
    const swapped = docnames.filter((docname) => known.get(docname)!.active !== number);
    if (swapped.length === 0) {
      await completeSwaps(client, config.partition, control);
      return { result: { generation: number, docnames, changed: [] }, text: `generation ${number} is active already` };
    }
    const pace = new Pace();
    const { caughtUp } = await bringUp(
      {
        generations: new Map(swapped.map((docname) => [docname, number])),
        workers: options.workers,
        workerLogLevel: context.logLevel ?? 'warn',
        swap: true,
      },
      {
        client,
        control,
        config,
        log: context.logger('warn'),
        signal: context.signal,
        onProgress: (stage, done, total) =>
          context.progress.report(stage, done, total, total === null ? undefined : pace.observe(Date.now(), done, total)),
      },
    );
    const result = { generation: number, docnames, changed: caughtUp ? swapped : [] };
    return { result, text: caughtUp ? `generation ${number} is active for ${docnames.join(', ')}` : 'not finished: run it again' };
  });
}

function drop(text: string, names: readonly string[], options: DropOptions, context: CommandContext): Promise<CommandOutcome> {
  return withServers(['kafka', 'opensearch'], context, async ({ client, control, config }) => {
    const number = readGeneration(config.partition, text);
    const docnames = droppable(await readKnown(client, config.partition, control.state), wanted(names), number);
    const groups = createGroupAdmin(config.kafka.brokers, config.kafka.client);
    const deps = { client, control, groups, partition: config.partition };
    try {
      const found: Droppable[] = [];
      for (const docname of docnames) found.push(await findDroppable(docname, number, deps));
      for (const one of found) await assertUnfolded(one, deps);
      const apply = options.apply ?? false;
      if (apply) for (const one of found) await dropGeneration(one, number, deps);
      const lines = found.map(
        ({ docname, generation: name, indices, documents, bytes, groups: own }) =>
          `${apply ? 'dropped' : 'would drop'} ${name} ${docname}: ${indices.length} indices, ${documents} documents, ${sizeText(bytes)}, ${own.length} groups`,
      );
      return { result: { items: found }, text: lines.join('\n'), dryRun: !apply };
    } finally {
      groups.close();
    }
  });
}

function tableOf(items: readonly ListedGeneration[]): string {
  const rows = items.map(({ docname, generation: name, active, state, documents, bytes, lag, created }) => [
    docname,
    name,
    active ? 'active' : state,
    documents.toLocaleString('en-US'),
    sizeText(bytes),
    lag === null ? '?' : lag.toLocaleString('en-US'),
    created ?? '?',
  ]);
  const table = [['docname', 'generation', 'state', 'documents', 'size', 'lag', 'created'], ...rows];
  const widths = table[0]!.map((_title, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n'); // prettier-ignore
}

function sizeText(bytes: number): string {
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(0)} KiB`;
  return bytes < 1024 ** 3 ? `${(bytes / 1024 ** 2).toFixed(1)} MiB` : `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
