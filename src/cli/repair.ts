import type { Command } from 'commander';
import { mend } from '../compare/mend.js';
import { openParking } from '../dead-letters/parking.js';
import { MetafoldError } from '../errors.js';
import { createReplayKit, type ReplayKit } from '../replay/kit.js';
import { comparedLine, comparedResult, comparing, runComparison, type ComparisonOptions, type Handling } from './comparison.js';
import { baseCommand, runCommand, type CommandContext, type CommandOutcome } from './run.js';

interface RepairOptions extends ComparisonOptions {
  readonly apply?: boolean;
}

interface Tally {
  mended: number;
  refused: number;
  failed: number;
}

/** `metafold repair` (spec 06 §2.7). */
export function createCommand(name: string): Command {
  const command = baseCommand(
    name,
    'make the documents that `metafold verify` names what the log makes of them, and no others. Without --apply it only tells which. Workers may go on',
    ['metafold repair', 'metafold repair --apply', 'metafold repair binary --apply --json'],
  );
  return comparing(command)
    .option('--apply', 'write; without it nothing is changed')
    .action((names: string[], options: RepairOptions) => runCommand(name, options, (context) => run(names, options, context)));
}

async function run(names: readonly string[], options: RepairOptions, context: CommandContext): Promise<CommandOutcome> {
  const apply = options.apply ?? false;
  const tally: Tally = { mended: 0, refused: 0, failed: 0 };
  const compared = await runComparison(names, options, context, apply ? (tools) => mending(tools, tally) : undefined);
  const { report } = compared;
  const result = { ...comparedResult(compared), ...tally };
  const lines = [...report.lines, comparedLine(compared)];
  if (!apply) {
    if (report.total > 0) lines.push('nothing is changed: run it with --apply');
    return { result, text: lines.join('\n'), dryRun: true };
  }
  lines.push(`${tally.mended} mended, ${tally.failed} not${tally.refused === 0 ? '' : `; ${tally.refused} refused by OpenSearch, see metafold dead-letters`}`); // prettier-ignore
  if (tally.failed === 0) return { result, text: lines.join('\n') };
  const error = new MetafoldError('MF_PARTIAL', `${tally.failed} documents are still not what the log makes of them`);
  return { result, text: lines.join('\n'), exitCode: 4, error };
}

type Tools = Parameters<NonNullable<Parameters<typeof runComparison>[3]>>[0];

async function mending(tools: Tools, tally: Tally): Promise<Handling> {
  const { kafka, log } = tools;
  const parking = await openParking({ ...kafka, log });
  let kit: ReplayKit | undefined;
  return {
    async onDifferences(differences, look) {
      if (kit === undefined) {
        kit = createReplayKit({ ...tools, parking, tables: look.family.tables });
        await kit.prepare();
      }
      const { mended, refused, failed } = await mend(differences, kit, look);
      tally.mended += mended;
      tally.refused += refused;
      tally.failed += failed.length;
      for (const { address, kind } of failed) log.error({ index: address.index, id: address.id, kind }, 'document could not be mended');
    },
    async close() {
      await kit?.close();
      await parking.close();
    },
  };
}
