/** `rebuild`: new generations of families from the beginning of the log, beside the active ones, and the swap (spec 00 "Generations"). */
import { generationPartition } from '../../projections/generations.js';
import type { Docname } from '../../projections/index-names.js';
import { completeSwaps } from './active.js';
import { bringUp, type BringUpDependencies, type BringUpOptions, type BringUpResult } from './bring-up.js';
import { generationRecord } from './control-record.js';
import { FAMILIES } from './families.js';
import { readKnown } from './known.js';
import { planRebuild, type RebuildStep } from './plan.js';

export interface RebuildOptions extends Omit<BringUpOptions, 'generations'> {
  readonly docnames: readonly Docname[];
}

export interface RebuiltFamily {
  readonly docname: Docname;
  /** Partition name. */
  readonly generation: string;
  /** How it began. */
  readonly step: RebuildStep['step'];
  /** Whether readers see it now. */
  readonly active: boolean;
}

export interface RebuildResult extends BringUpResult {
  readonly families: readonly RebuiltFamily[];
}

const NOTHING_FOLDED: BringUpResult = { events: 0, folded: 0, carriedOver: 0, lost: 0, refused: 0, caughtUp: true };

export async function rebuild(options: RebuildOptions, deps: BringUpDependencies): Promise<RebuildResult> {
  const { client, control, config, log } = deps;
  const known = await readKnown(client, config.partition, control.state);
  const steps = planRebuild(options.docnames, FAMILIES, (docname) => known.get(docname)!);
  const created = new Date().toISOString();
  const begun = steps.filter(({ step }) => step === 'begin');
  if (begun.length > 0) {
    await control.write(
      begun.map(({ docname, generation }) => generationRecord(config.partition, { docname, generation, state: 'filling', created })),
    );
  }
  log.info({ steps }, 'rebuild');
  const folding = new Map(
    steps.filter(({ step }) => step === 'begin' || step === 'resume').map(({ docname, generation }) => [docname, generation]),
  );
  const reached = folding.size > 0 ? await bringUp({ ...options, generations: folding }, deps) : NOTHING_FOLDED;
  // Of families that an earlier run has made active, the end of the swap may be missing.
  if (steps.some(({ step }) => step === 'finish')) await completeSwaps(client, config.partition, control);
  const families = steps.map(({ docname, generation, step }) => ({
    docname,
    generation: generationPartition(config.partition, generation),
    step,
    active: control.state.active(docname) === generation,
  }));
  return { families, ...reached };
}
