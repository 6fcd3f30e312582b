/**
 * `metafold collections` (spec 07 §9): what the HTTP endpoints do, on Kafka and Redis directly. Who may run it sees all tasks of a domain: an operator's rights, not
 * those of a caller of the API.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { ANY } from '../../projections/security/encode.js';
import type { SecurityPolicy } from '../../projections/security/policy.js';
import { KeyError } from '../../projections/collections/coerce.js';
import { createTask, lookUp, readTaskRequest, type LookUpKind } from '../collections/requests/index.js';
import { adminObject, CODE_TEXTS, removeTask, startTask, stopTask, type TaskAnswer } from '../collections/tasks/index.js';
import type { Task, TaskStore } from '../collections/types.js';
import { messageOf, MetafoldError } from '../errors.js';
import {
  chosenTasks,
  domainCommand,
  findTask,
  withCollections,
  type CollectionServices,
  type DomainOptions,
} from './collections-services.js';
import { verifyCommand } from './collections-verify.js';
import { runCommand, type CommandContext, type CommandOutcome } from './run.js';

interface CreateOptions extends DomainOptions {
  readonly file: string;
  readonly label?: readonly string[];
}

interface LookUpOptions extends DomainOptions {
  readonly file?: string;
}

interface RebuildOptions extends DomainOptions {
  readonly all?: boolean;
  readonly wait: boolean;
}

const EXAMPLES = [
  'metafold collections create --file seen.json',
  'metafold collections list',
  'metafold collections get seen 275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
  'metafold collections check seen --file hashes.txt',
  'metafold collections stop seen',
  'metafold collections verify seen',
];
/** Keys of one request to Redis. */
const BATCH = 10_000;
const REBUILD_LOOK_MS = 500;

/** The parent has no options of its own: commander would take --json of a subcommand for its. */
export function createCommand(name: string): Command {
  const command = new Command(name)
    .description('collections: standing queries over the events, folded into Redis keys that expire')
    .addHelpText('after', `\nExamples:\n${EXAMPLES.map((example) => `  $ ${example}`).join('\n')}`);
  const subcommands = [
    listCommand(),
    showCommand(),
    createTaskCommand(),
    lookUpCommand('check', 'cchas', 'say whether keys are there: the values of one key in the order of the key fields'),
    lookUpCommand('get', 'ccget', 'print what stands under keys: the values of one key in the order of the key fields'),
    changeCommand('stop', 'stop the fold of a collection; its keys stay until they expire', stopTask),
    changeCommand('start', 'let a stopped collection go on from where it was', startTask),
    changeCommand('remove', 'remove a collection and all of its keys', removeTask),
    rebuildCommand(),
    verifyCommand(),
  ];
  for (const subcommand of subcommands) command.addCommand(subcommand);
  return command;
}

function listCommand(): Command {
  return domainCommand('list', 'list the collections of a domain', [
    'metafold collections list',
    'metafold collections list --domain azul --json',
  ]).action((options: DomainOptions) =>
    runCommand('collections list', options, (context) =>
      withCollections(context, options.domain, ({ tasks, domain }) => {
        const items = tasks.tasks().filter(({ record }) => record.domain === domain && record.status !== 'REMOVED');
        return Promise.resolve({ result: { items: items.map(adminObject) }, text: tableOf(items) });
      }),
    ),
  );
}

function tableOf(tasks: readonly Task[]): string {
  if (tasks.length === 0) return 'no collections';
  const rows = tasks.map(({ record, progress }) => [
    record.status,
    record.friendlyName,
    record.id,
    progress === undefined || progress.lastDatetime === 0 ? '-' : new Date(progress.lastDatetime).toISOString(),
    progress === undefined ? '-' : String(progress.lag),
    record.query.replace(/\s+/g, ' '),
  ]);
  const heads = ['STATUS', 'NAME', 'ID', 'LAST EVENT', 'LAG', 'QUERY'];
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]!.length)));
  return [heads, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function showCommand(): Command {
  return domainCommand('show', 'print all that is known of a collection', [
    'metafold collections show seen',
    'metafold collections show 8e10f496-27bc-4c47-9113-653aff8d0edd --json',
  ])
    .argument('<id|name>', 'id or name of the collection')
    .action((idOrName: string, options: DomainOptions) =>
      runCommand('collections show', options, (context) =>
        withCollections(context, options.domain, (services) => Promise.resolve({ result: adminObject(findTask(services, idOrName)) })),
      ),
    );
}

function createTaskCommand(): Command {
  return domainCommand('create', 'create a collection from a request as `POST /query` takes it', [
    'metafold collections create --file seen.json',
    "metafold collections create --file seen.json --domain azul --label 'OFFICIAL'",
  ])
    .requiredOption('--file <path>', 'file with the JSON body of the request; - for standard input')
    .option('--label <labels...>', 'what the collection may read; without it, everything')
    .action((options: CreateOptions) =>
      runCommand('collections create', options, (context) =>
        withCollections(context, options.domain, (services) => create(services, options)),
      ),
    );
}

async function create({ config, domain, tasks }: CollectionServices, { file, label }: CreateOptions): Promise<CommandOutcome> {
  const text = await readText(file);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new MetafoldError('MF_INPUT', `${file}: invalid JSON: ${messageOf(error)}`, { file });
  }
  const { keyHash, maxTasks } = config.collections;
  const labels = grantedLabels(config.security, label);
  const read = readTaskRequest(body, { domain, labels, keyHash, now: Date.now() });
  if (read.kind === 'refused') throw new MetafoldError('MF_INPUT', read.problems.join('\n'), { file, problems: read.problems });
  const outcome = await createTask(tasks, read.record, maxTasks);
  if (outcome.kind === 'refused') throw new MetafoldError('MF_INPUT', outcome.problem, { file });
  const { id, redisKeyBase } = outcome.task.record;
  return { result: { id, redisKeyBase } };
}

/** In safe form, `s-any` included. Throws MF_INPUT for a text that is no configured label. */
function grantedLabels({ table }: SecurityPolicy, labels: readonly string[] | undefined): string[] {
  const safe = labels?.map((label) => {
    const found = table.toSafe.get(label);
    if (found === undefined) throw new MetafoldError('MF_INPUT', `--label: '${label}' is no label of security_labels`);
    return found;
  });
  return [...new Set([...(safe ?? table.toLabel.keys()), ANY])].sort();
}

function lookUpCommand(name: string, kind: LookUpKind, description: string): Command {
  return domainCommand(name, description, [
    `metafold collections ${name} seen 275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f`,
    `metafold collections ${name} logins example.com alice --json`,
    `metafold collections ${name} logins --file keys.jsonl`,
  ])
    .argument('<name>', 'name of the collection')
    .argument('[value...]', 'values of one key')
    .option('--file <path>', 'file with one key a line: a JSON list or object of values, or one text; - for standard input')
    .action((collection: string, values: string[], options: LookUpOptions) =>
      runCommand(`collections ${name}`, options, (context) =>
        withCollections(context, options.domain, (services) => find(services, kind, collection, values, options)),
      ),
    );
}

async function find(
  services: CollectionServices,
  kind: LookUpKind,
  name: string,
  values: readonly string[],
  { file }: LookUpOptions,
): Promise<CommandOutcome> {
  const task = findTask(services, name);
  if ((file === undefined) === (values.length === 0)) {
    throw new MetafoldError('MF_USAGE', 'expected the values of one key or --file, not both');
  }
  const keys = file === undefined ? [values] : keysOf(await readText(file), file);
  const store = await services.store();
  const found: unknown[] = [];
  const where = (index: number): string => (file === undefined ? 'key' : `${file}:${index + 1}`);
  try {
    for (let from = 0; from < keys.length; from += BATCH) {
      found.push(...(await lookUp(store, task, kind, keys.slice(from, from + BATCH), Date.now(), (index) => where(from + index))));
    }
  } catch (error) {
    throw error instanceof KeyError ? new MetafoldError('MF_INPUT', error.message, { collection: name }) : error;
  }
  const result = file === undefined ? { found: found[0] } : { found };
  return { result, text: found.map((one) => JSON.stringify(one)).join('\n') };
}

/** Lines that are no JSON list or object are the only value of their key. */
function keysOf(text: string, file: string): unknown[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, index) => {
    if (!/^\s*[[{]/.test(line)) return [line];
    try {
      return JSON.parse(line) as unknown;
    } catch (error) {
      throw new MetafoldError('MF_INPUT', `${file}:${index + 1}: invalid JSON: ${messageOf(error)}`, { file, line: index + 1 });
    }
  });
}

type Change = (store: TaskStore, id: string, now: number) => Promise<TaskAnswer>;

function changeCommand(name: 'stop' | 'start' | 'remove', description: string, change: Change): Command {
  return domainCommand(name, description, [`metafold collections ${name} seen`])
    .argument('<id|name>', 'id or name of the collection')
    .action((idOrName: string, options: DomainOptions) =>
      runCommand(`collections ${name}`, options, (context) =>
        withCollections(context, options.domain, async (services) => {
          const { record } = findTask(services, idOrName);
          const { code, task } = await change(services.tasks, record.id, Date.now());
          if (code !== 0) {
            const details = { collection: idOrName, status: task?.record.status ?? record.status };
            throw new MetafoldError('MF_INPUT', `${CODE_TEXTS[code]}: '${record.friendlyName}' is ${details.status}`, details);
          }
          return { result: { id: record.id, status: task!.record.status }, text: `${record.friendlyName}: ${task!.record.status}` };
        }),
      ),
    );
}

function rebuildCommand(): Command {
  return domainCommand('rebuild', 'fold the keys of a collection again from the log and remove those that nothing makes', [
    'metafold collections rebuild seen',
    'metafold collections rebuild --all --no-wait',
  ])
    .argument('[id|name]', 'id or name of the collection')
    .option('--all', 'every collection of the domain')
    .option('--no-wait', 'return at once; the worker that folds the collection does it')
    .action((idOrName: string | undefined, options: RebuildOptions) =>
      runCommand('collections rebuild', options, (context) =>
        withCollections(context, options.domain, (services) => rebuild(services, idOrName, options, context)),
      ),
    );
}

async function rebuild(
  services: CollectionServices,
  idOrName: string | undefined,
  { all = false, wait }: RebuildOptions,
  context: CommandContext,
): Promise<CommandOutcome> {
  const { tasks } = services;
  const chosen = chosenTasks(services, idOrName, all);
  const requests = new Map<string, string>();
  for (const { record } of chosen) requests.set(record.id, await tasks.requestRebuild(record.id));
  const isOpen = ([id, request]: readonly [string, string]): boolean => tasks.rebuildRequest(id) === request;
  const names = chosen.map(({ record }) => record.friendlyName);
  if (wait) {
    for (let open = requests.size; open > 0; open = [...requests].filter(isOpen).length) {
      context.signal.throwIfAborted();
      context.progress.report('rebuilt by the workers that fold them', requests.size - open, requests.size);
      await tasks.catchUp();
      await sleep(REBUILD_LOOK_MS);
    }
  }
  return {
    result: { rebuilt: wait ? names : [], requested: names },
    text: `${names.join(', ')}: ${wait ? 'rebuilt' : 'rebuild requested'}`,
  };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file === '-' ? '/dev/stdin' : file, 'utf8');
  } catch (error) {
    throw new MetafoldError('MF_INPUT', `${file} can't be read: ${messageOf(error)}`, { file });
  }
}
