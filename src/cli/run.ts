/**
 * The conventions that every command shares (spec 06 §1.1): options, one result object, exit codes, signals, where what is printed.
 * stdout carries the result and nothing else; progress and logs go to stderr.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { asMetafoldError, messageOf, MetafoldError } from '../errors.js';
import { createLogger, type Logger } from '../log.js';
import type { LogLevel } from '../config/index.js';
import { createProgress, type Progress } from './progress.js';
import { SIGNAL_EXIT_CODES, watchSignals } from './signals.js';

/** 3: nothing to do although --apply was given; 4: partial, or differences found. */
export type ExitCode = 0 | 1 | 3 | 4;

/** The options that every command has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly logLevel?: LogLevel;
}

export interface CommandContext {
  readonly name: string;
  readonly json: boolean;
  readonly quiet: boolean;
  /** What --log-level says; undefined: the configuration decides. */
  readonly logLevel: LogLevel | undefined;
  readonly progress: Progress;
  /** Aborted by SIGINT or SIGTERM: finish the step in hand, then return or throw. */
  readonly signal: AbortSignal;
  /** Adds a warning to the result; without --json it is printed on stderr. */
  warn(message: string): void;
  /** Logger on stderr at the given level, --log-level first; --quiet leaves warnings and errors. */
  logger(level: LogLevel, fields?: Readonly<Record<string, string | number>>): Logger;
}

export interface CommandOutcome {
  readonly result: object;
  /** The result for people; default: the result as indented JSON. */
  readonly text?: string;
  readonly exitCode?: ExitCode;
  readonly dryRun?: boolean;
  /** For an exit code other than 0, what went wrong in part; the result is printed all the same. */
  readonly error?: MetafoldError;
}

export interface RunOptions extends CommonOptions {
  /**
   * result (default): prints the result object or its text. stream: the command itself prints lines on stdout.
   * service: it only logs. The last two print nothing of their own but an error, on stderr.
   */
  readonly output?: 'result' | 'stream' | 'service';
}

/** A failure that still has something to report, such as how far the work got. */
export class CommandFailure extends MetafoldError {
  constructor(
    error: unknown,
    readonly result: object,
  ) {
    const known = asMetafoldError(error);
    super(known.code, known.message, known.details, { cause: known.cause ?? error });
  }
}

/** Failures that are neither ours nor a client's: printed with their stack, because somebody has to find the bug. */
function isBug(error: unknown): boolean {
  return !(error instanceof MetafoldError) && error instanceof Error && (error as { code?: unknown }).code === undefined;
}

interface Report {
  readonly outcome?: CommandOutcome;
  readonly failure?: MetafoldError;
  readonly exitCode: number;
}

function envelope(name: string, started: Date, report: Report, warnings: readonly string[]): object {
  const error = report.failure ?? report.outcome?.error;
  const partial = report.failure instanceof CommandFailure ? report.failure.result : {};
  return {
    command: name,
    ok: report.exitCode === 0,
    dry_run: report.outcome?.dryRun ?? false,
    started: started.toISOString(),
    finished: new Date().toISOString(),
    result: report.outcome?.result ?? partial,
    warnings,
    error: error ? { code: error.code, message: messageOf(error), details: error.details } : null,
  };
}

function print(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => stream.write(text.endsWith('\n') || text === '' ? text : `${text}\n`, () => resolve()));
}

/**
 * Runs the body of a command, prints its outcome and ends the process with the exit code of spec 06 §1.1.
 * Clients are the body's to close: the process ends whether or not something is left open.
 */
export async function runCommand(
  name: string,
  options: RunOptions,
  body: (context: CommandContext) => Promise<CommandOutcome>,
): Promise<never> {
  const { json = false, quiet = false, output = 'result' } = options;
  const started = new Date();
  const warnings: string[] = [];
  const watch = watchSignals();
  const mode = quiet || output === 'service' ? 'silent' : json ? 'json' : 'text';
  const progress = createProgress(mode, (line) => process.stderr.write(`${line}\n`));
  const context: CommandContext = {
    name,
    json,
    quiet,
    logLevel: options.logLevel,
    progress,
    signal: watch.signal,
    warn(message) {
      warnings.push(message);
      if (!json || output !== 'result') process.stderr.write(`warning: ${message}\n`);
    },
    logger: (level, fields) => createLogger(options.logLevel ?? (quiet ? 'warn' : level), fields),
  };
  const report = await settle(context, body, () => watch.received());
  progress.close();
  await tell(name, started, report, warnings, { json: json && output === 'result', silent: output !== 'result' });
  process.exit(report.exitCode);
}

async function settle(
  context: CommandContext,
  body: (context: CommandContext) => Promise<CommandOutcome>,
  received: () => 'SIGINT' | 'SIGTERM' | undefined,
): Promise<Report> {
  try {
    const outcome = await body(context);
    const signal = received();
    if (signal === undefined) return { outcome, exitCode: outcome.exitCode ?? 0 };
    const error = new MetafoldError('MF_INTERRUPTED', `stopped by ${signal}`, { signal });
    return { outcome: { ...outcome, error }, exitCode: SIGNAL_EXIT_CODES[signal] };
  } catch (error) {
    const signal = received();
    if (signal === undefined) {
      if (isBug(error)) process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
      return { failure: asMetafoldError(error), exitCode: asMetafoldError(error).code === 'MF_USAGE' ? 2 : 1 };
    }
    const interrupted = new MetafoldError('MF_INTERRUPTED', `stopped by ${signal}`, { signal }, { cause: error });
    const failure = error instanceof CommandFailure ? new CommandFailure(interrupted, error.result) : interrupted;
    return { failure, exitCode: SIGNAL_EXIT_CODES[signal] };
  }
}

async function tell(
  name: string,
  started: Date,
  report: Report,
  warnings: readonly string[],
  mode: { readonly json: boolean; readonly silent: boolean },
): Promise<void> {
  const error = report.failure ?? report.outcome?.error;
  if (mode.json) return print(process.stdout, JSON.stringify(envelope(name, started, report, warnings)));
  if (!mode.silent && report.outcome) await print(process.stdout, report.outcome.text ?? JSON.stringify(report.outcome.result, null, 2));
  if (error) await print(process.stderr, `metafold ${name}: ${error.code}: ${messageOf(error)}`);
}

/** The result object of a command line that is wrong, for --json. */
export function usageFailure(name: string, message: string): string {
  const failure = new MetafoldError('MF_USAGE', message);
  return JSON.stringify(envelope(name, new Date(), { failure, exitCode: 2 }, []));
}

const LEVELS: readonly LogLevel[] = ['fatal', 'error', 'warn', 'info', 'debug'];

function logLevel(value: string): LogLevel {
  const level = LEVELS.find((each) => each === value.toLowerCase().replace('warning', 'warn').replace('critical', 'fatal'));
  if (level === undefined) throw new InvalidArgumentError(`expected one of ${LEVELS.join(', ')}.`);
  return level;
}

/** A command with the options of all commands; `examples` end its help. */
export function baseCommand(name: string, description: string, examples: readonly string[]): Command {
  const command = new Command(name)
    .description(description)
    .option('--json', 'print one JSON object with the result, also on failure')
    .option('-q, --quiet', 'no progress, and of the log only warnings and errors')
    .addOption(new Option('--log-level <level>', `one of ${LEVELS.join(', ')} (default: METASTORE_LOG_LEVEL)`).argParser(logLevel));
  if (examples.length > 0) command.addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}`);
  return command;
}

/** Option value: a whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = /^[0-9]{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}.`);
    return number;
  };
}
