import type { Command } from 'commander';
import { messageOf, MetafoldError } from '../errors.js';
import { emptyResult } from '../start/result.js';
import { DEFAULT_BINARIES } from '../start/sample.js';
import { createScreen } from '../start/screen.js';
import { start } from '../start/start.js';
import { endedText } from '../start/texts.js';
import {
  baseCommand,
  CommandFailure,
  runCommand,
  wholeNumber,
  type CommandContext,
  type CommandOutcome,
  type CommonOptions,
} from './run.js';

interface StartCommandOptions extends CommonOptions {
  readonly data?: string;
  readonly portBase?: number;
  readonly binaries: number;
  readonly untilFolded?: boolean;
}

/**
 * A terminal that is not this process's own (npm and the set-up stand between) sends no word of a new size; the stream asks for it
 * when it believes that one came.
 */
function measureTerminal(): void {
  process.emit('SIGWINCH', 'SIGWINCH');
}

/** What a server, the worker or the API printed before it failed. */
function outputOf(error: unknown): readonly string[] {
  const output = error instanceof MetafoldError ? error.details['output'] : undefined;
  return Array.isArray(output) ? (output as readonly string[]) : [];
}

async function run(options: StartCommandOptions, context: CommandContext): Promise<CommandOutcome> {
  const { json, quiet, signal, logLevel } = context;
  context.progress.close(); // what is shown here is more than a count
  const startOptions = {
    data: options.data,
    portBase: options.portBase,
    binaries: options.binaries,
    untilFolded: options.untilFolded ?? false,
    logLevel,
  };
  const isTTY = process.stderr.isTTY && process.env['TERM'] !== 'dumb';
  const error = {
    isTTY,
    get columns() {
      return process.stderr.columns;
    },
    write: (text: string) => process.stderr.write(text),
  };
  const mode = quiet ? 'silent' : json ? 'json' : 'text';
  const screen = createScreen({ mode, error, output: process.stdout, ...(isTTY && { measure: measureTerminal }) });
  const result = emptyResult(startOptions);
  try {
    await start(startOptions, { env: process.env, signal, screen, printQueries: !json }, result);
  } catch (failure) {
    if (signal.aborted) screen.say('end', messageOf(failure));
    else if (!json) for (const line of outputOf(failure)) process.stderr.write(`${line}\n`);
    throw new CommandFailure(failure, result);
  } finally {
    screen.close();
  }
  return { result, text: endedText(result) };
}

/** `metafold start`, which `npm start` runs: a first look in one command. */
export function createCommand(name: string): Command {
  return baseCommand(
    name,
    'bring up the local stack, publish a sample history, fold it, serve it over the API, and show how that goes; Ctrl-C ends what this has started',
    [
      'metafold start',
      'metafold start --binaries 5000',
      'metafold start --until-folded --json',
      'metafold start --data /tmp/trial --port-base 33000',
    ],
  )
    .option('--data <dir>', 'data folder of the stack (default: $METAFOLD_DATA, else ~/.local/share/metafold/stack)')
    .option('--port-base <n>', 'base of all ports of the stack (default: 29000)', wholeNumber(1024, 65_156))
    .option('--binaries <n>', 'size of the sample: about eleven events each', wholeNumber(1, 1_000_000), DEFAULT_BINARIES)
    .option('--until-folded', 'end once the sample is folded and queries of OpenSearch are printed')
    .action((options: StartCommandOptions) => runCommand(name, options, (context) => run(options, context)));
}
