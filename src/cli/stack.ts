import { Command, InvalidArgumentError, Option } from 'commander';
import { MetafoldError } from '../errors.js';
import {
  defaultDataFolder,
  exportLines,
  parseServices,
  type Progress,
  type ServiceName,
  shellQuote,
  stackDown,
  stackEnv,
  StackError,
  stackStatus,
  type StackStatus,
  stackUp,
} from '../stack/index.js';
import { baseCommand, type CommandContext, type CommandOutcome, type CommonOptions, runCommand, wholeNumber } from './run.js';

interface StackCommandOptions extends CommonOptions {
  readonly data?: string;
}

interface UpOptions extends StackCommandOptions {
  readonly portBase?: number;
  readonly heapMb?: number;
  readonly services?: readonly ServiceName[];
}

interface DownOptions extends StackCommandOptions {
  readonly wipe?: true;
}

function serviceList(text: string): ServiceName[] {
  try {
    return parseServices(text);
  } catch (error) {
    throw new InvalidArgumentError((error as StackError).message);
  }
}

/** A line per step, and one every few seconds while a step lasts; the common progress counts items, which a start has none of. */
function progressOf(context: CommandContext): Progress {
  context.progress.close();
  if (context.quiet) return () => undefined;
  return ({ stage, message, finished, elapsedSeconds }) => {
    const line = { event: 'progress', stage, done: finished ? 1 : 0, total: 1, elapsed_s: elapsedSeconds, message };
    process.stderr.write(context.json ? `${JSON.stringify(line)}\n` : `${message}\n`);
  };
}

/** A refusal of the operating system, such as a folder that may not be written. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

/** Gives a failure of the stack the code that all commands use; what its server printed is shown above it. */
function asCommandError(error: unknown, context: CommandContext): unknown {
  if (!(error instanceof StackError))
    return isSystemError(error) ? new MetafoldError('MF_STACK', error.message, {}, { cause: error }) : error;
  if (error.output !== '' && !context.json) process.stderr.write(`${error.output}\n`);
  const details = { reason: error.code, ...(error.output === '' ? {} : { output: error.output.split('\n') }) };
  return new MetafoldError(error.code === 'bad_option' ? 'MF_USAGE' : 'MF_STACK', error.message, details, { cause: error });
}

function runStack(name: string, options: CommonOptions, body: (context: CommandContext) => Promise<CommandOutcome>): Promise<never> {
  return runCommand(`stack ${name}`, options, async (context) => {
    try {
      return await body(context);
    } catch (error) {
      throw asCommandError(error, context);
    }
  });
}

function statusText(status: StackStatus): string {
  const lines = status.services.map(({ name, port, pid, running, answering, log }) => {
    const state = running ? (answering ? 'answers' : 'does not answer') : 'down';
    const where = running ? `port ${String(port)}  pid ${String(pid)}` : '';
    return `${name.padEnd(11)} ${state.padEnd(16)} ${where}${running && !answering ? `  log ${log}` : ''}`.trimEnd();
  });
  return `${lines.join('\n')}\ndata in ${status.data}\n`;
}

function upText(status: StackStatus): string {
  const option = status.data === defaultDataFolder() ? '' : ` --data ${shellQuote(status.data)}`;
  return `${statusText(status)}settings: eval "$(npx metafold stack env${option})"\n`;
}

function subcommand(name: string, description: string, examples: readonly string[] = []): Command {
  return baseCommand(name, description, examples).option(
    '--data <dir>',
    'data folder of the stack (default: $METAFOLD_DATA, else ~/.local/share/metafold/stack)',
  );
}

function upCommand(): Command {
  return subcommand('up', 'start what does not run, and wait until everything answers; fetches what is missing', [
    'metafold stack up',
    'metafold stack up --services kafka,opensearch --port-base 31000 --data /tmp/trial',
  ])
    .option(
      '--port-base <n>',
      'base of all ports: Kafka +92, OpenSearch +200, registry +81, Redis +379 (default: 29000)',
      wholeNumber(1024, 65_156),
    )
    .option('--heap-mb <n>', 'Java heap of OpenSearch in MiB (default: 1024)', wholeNumber(256, 65_536))
    .addOption(
      new Option('--services <list>', 'only these: kafka, opensearch, registry, redis, separated by commas').argParser(serviceList),
    )
    .action((options: UpOptions) =>
      runStack('up', options, async (context) => {
        const { data, portBase, heapMb, services } = options;
        const result = await stackUp({ data, portBase, heapMb, services, signal: context.signal }, progressOf(context));
        return { result, text: upText(result) };
      }),
    );
}

function downCommand(): Command {
  return subcommand('down', 'end the services of the stack and wait until they are gone; data and logs stay')
    .option('--wipe', 'remove data and logs as well')
    .action((options: DownOptions) =>
      runStack('down', options, async (context) => {
        const wipe = options.wipe === true;
        const ended = await stackDown({ data: options.data, wipe }, progressOf(context));
        const what = ended.length === 0 ? 'nothing was running' : `ended ${ended.join(', ')}`;
        return { result: { ended, wiped: wipe }, text: `${what}${wipe ? '; data removed' : ''}\n` };
      }),
    );
}

function statusCommand(): Command {
  return subcommand('status', 'print what runs, on which port, and whether it answers').action((options: StackCommandOptions) =>
    runStack('status', options, async () => {
      const result = await stackStatus(options);
      return { result, text: statusText(result) };
    }),
  );
}

function envCommand(): Command {
  return subcommand('env', 'print the settings that reach the running stack, as lines for a shell', [
    'eval "$(metafold stack env)"',
  ]).action((options: StackCommandOptions) =>
    runStack('env', options, () => {
      const result = stackEnv(options);
      return Promise.resolve({ result, text: exportLines(result) });
    }),
  );
}

const examples = `
Examples:
  metafold stack up                    start Kafka, OpenSearch, the schema registry and Redis
  eval "$(metafold stack env)"         let this shell's commands use them
  metafold stack status
  metafold stack down                  end them; with --wipe, remove their data and logs too

Downloads are kept in $METAFOLD_CACHE (default: ~/.cache/metafold). Where root's home is closed to other users, /var/cache/metafold
and /var/lib/metafold/stack are used instead, because OpenSearch runs as the user "nobody" then.`;

/** `metafold stack`: real servers on this machine without Docker (spec 06 §2.7, spec 08). */
export function stackCommand(): Command {
  const command = new Command('stack').description('run Kafka, OpenSearch, a schema registry and Redis on this machine, without Docker');
  for (const subcommand of [upCommand(), downCommand(), statusCommand(), envCommand()]) command.addCommand(subcommand);
  return command.addHelpText('after', examples);
}
