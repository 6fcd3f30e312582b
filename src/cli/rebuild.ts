import { Argument, type Command } from 'commander';
import { projections, type Projection } from '../../projections/index.js';
import { loadConfig } from '../config/index.js';
import { MetafoldError } from '../errors.js';
import { openControl } from '../generations/control-topic.js';
import { familiesOf, projectionsOf } from '../generations/families.js';
import { rebuild, type RebuildResult } from '../generations/rebuild.js';
import { checkOpenSearch, createOpenSearchClient } from '../opensearch/client.js';
import { operationError } from './operation-error.js';
import { Pace } from './pace.js';
import { baseCommand, runCommand, wholeNumber, type CommandContext, type CommandOutcome, type CommonOptions } from './run.js';

interface RebuildCommandOptions extends CommonOptions {
  readonly workers: number;
  readonly swap: boolean;
}

const NAMES = projections.map(({ name }) => name);

/** `metafold rebuild` (spec 06 §2.7). */
export function createCommand(name: string): Command {
  return baseCommand(
    name,
    'fold everything again, from the beginning of the log, into new indices beside the ones that are read, then let readers see these. ' +
      'Running it again goes on with what was stopped or killed; running it on another machine joins in',
    ['metafold rebuild', 'metafold rebuild binary --workers 4', 'metafold rebuild status plugin --no-swap', 'metafold rebuild --json'],
  )
    .addArgument(new Argument('[projection...]', 'which ones; status and download share their indices and go together').choices(NAMES))
    .option('--workers <n>', 'folding processes on this machine, each uses a core', wholeNumber(1, 64), 1)
    .option('--no-swap', 'leave the new indices unread: `metafold generations activate` swaps later')
    .action((names: string[], options: RebuildCommandOptions) => runCommand(name, options, (context) => run(names, options, context)));
}

async function run(names: readonly string[], options: RebuildCommandOptions, context: CommandContext): Promise<CommandOutcome> {
  const config = await loadConfig(process.env, { need: ['kafka', 'opensearch', 'security'] });
  for (const warning of config.warnings) context.warn(warning);
  const chosen: readonly Projection[] = names.length === 0 ? projections : projections.filter((one) => names.includes(one.name));
  const docnames = familiesOf(chosen);
  const together = projectionsOf(docnames).filter((projection) => !chosen.includes(projection));
  if (together.length > 0) {
    context.warn(`${together.map((one) => one.name).join(', ')}: rebuilt as well, because the indices are shared`);
  }
  const log = context.logger('warn');
  const client = createOpenSearchClient(config.opensearch);
  const pace = new Pace();
  try {
    await checkOpenSearch(client);
    const control = await openControl({ kafka: config.kafka, partition: config.partition, log });
    try {
      const result = await rebuild(
        { docnames, workers: options.workers, workerLogLevel: context.logLevel ?? 'warn', swap: options.swap },
        {
          client,
          control,
          config,
          log,
          signal: context.signal,
          onProgress: (stage, done, total) =>
            context.progress.report(stage, done, total, total === null ? undefined : pace.observe(Date.now(), done, total)),
        },
      );
      return outcomeOf(result);
    } finally {
      await control.close();
    }
  } catch (error) {
    throw operationError(error, 'rebuild');
  } finally {
    await client.close();
  }
}

const WORDS = { begin: 'new', resume: 'resumed', finish: 'finished', done: 'was done' } as const;

function outcomeOf({ families, events, folded, carriedOver, lost, refused, caughtUp }: RebuildResult): CommandOutcome {
  const lines = families.map(({ docname, generation, step, active }) => {
    const state =
      !caughtUp && (step === 'begin' || step === 'resume') ? 'not finished: run it again' : active ? 'active' : 'ready, not active';
    return `${docname.padEnd(8)} ${generation} (${WORDS[step]}): ${state}`;
  });
  if (carriedOver + lost > 0)
    lines.push(`${carriedOver} documents carried over that the log has no record of, ${lost} losing contributions lost`);
  const result = { families, events, folded, carried_over: carriedOver, lost, refused, caught_up: caughtUp };
  if (refused === 0) return { result, text: lines.join('\n') };
  const error = new MetafoldError('MF_PARTIAL', `${refused} documents could not be carried over, see the log`);
  return { result, text: lines.join('\n'), exitCode: 4, error };
}
