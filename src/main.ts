#!/usr/bin/env node
/** Entry: reads which command is meant and loads that one only. */
import { Command, CommanderError } from 'commander';
import { COMMANDS, type CommandEntry } from './cli/commands.js';
import { VERSION } from './version.js';

const EXIT_USAGE = 2;

/** The whole program: the called command in full, the others by name and description only. */
async function buildProgram(called: CommandEntry | undefined, quiet: boolean): Promise<Command> {
  const program = new Command('metafold')
    .description('Folds the event log of Azul into OpenSearch documents.')
    .version(VERSION)
    .addHelpText('after', '\nSettings come from the environment and the file that METAFOLD_SETTINGS names; see `metafold config`.');
  for (const entry of COMMANDS) {
    const command =
      entry === called ? (await entry.load()).createCommand(entry.name) : new Command(entry.name).description(entry.description);
    program.addCommand(command.helpGroup(`${entry.group}:`));
  }
  prepare(program, quiet);
  return program;
}

/** Errors of the command line are thrown, not exited with; with --json they are not printed as text. */
function prepare(command: Command, quiet: boolean): void {
  command.exitOverride().showHelpAfterError('(see --help)');
  if (quiet) command.configureOutput({ writeErr: () => undefined });
  for (const child of command.commands) prepare(child, quiet);
}

function usageMessage(error: CommanderError, called: CommandEntry | undefined): string {
  if (error.code === 'commander.help') return called === undefined ? 'no command given' : `${called.name}: no subcommand given`;
  return error.message.replace(/^error: /, '');
}

/** A reader that went away (`| head`) ends the command quietly. */
function quitOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
}

async function main(args: readonly string[]): Promise<void> {
  const operand = args[0] === 'help' ? args[1] : args.find((arg) => !arg.startsWith('-'));
  const called = COMMANDS.find(({ name }) => name === operand);
  const json = args.includes('--json');
  try {
    const program = await buildProgram(called, json);
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return; // help or version
    if (json) {
      const { usageFailure } = await import('./cli/run.js');
      process.stdout.write(`${usageFailure(called?.name ?? operand ?? '', usageMessage(error, called))}\n`);
    }
    process.exitCode = EXIT_USAGE;
  }
}

quitOnClosedPipe();
await main(process.argv.slice(2));
