import type { Command } from 'commander';
import { MetafoldError } from '../errors.js';
import { comparedLine, comparedResult, comparing, fraction, runComparison, type ComparisonOptions } from './comparison.js';
import { baseCommand, runCommand, type CommandContext, type CommandOutcome } from './run.js';

/** `metafold verify` (spec 06 §2.7). */
export function createCommand(name: string): Command {
  const command = baseCommand(
    name,
    'compare the documents that readers see with a fold of the log up to its end at the start. Writes nothing; workers may go on. ' +
      'Exit code 4: there are differences',
    ['metafold verify', 'metafold verify binary --sample 0.01', 'metafold verify status plugin --json', 'metafold verify --limit 20'],
  );
  return comparing(command)
    .option('--sample <fraction>', 'look at this share of the binaries and ids only, the same ones every time', fraction)
    .action((names: string[], options: ComparisonOptions) => runCommand(name, options, (context) => run(names, options, context)));
}

async function run(names: readonly string[], options: ComparisonOptions, context: CommandContext): Promise<CommandOutcome> {
  const compared = await runComparison(names, options, context);
  const { report } = compared;
  const result = { ...comparedResult(compared), sample: options.sample ?? 1 };
  const text = [...report.lines, comparedLine(compared)].join('\n');
  if (report.total === 0) return { result, text };
  return {
    result,
    text,
    exitCode: 4,
    error: new MetafoldError('MF_DIFFERENT', `${report.total} documents are not what the log makes of them`),
  };
}
