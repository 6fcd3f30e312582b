/** Which families a command on one generation means, and what stands against it. Pure. */
import { generationOf, generationPartition } from '../../projections/generations.js';
import type { Docname } from '../../projections/index-names.js';
import { MetafoldError } from '../errors.js';
import { stateOf } from './list.js';
import { numbersOf, type KnownGenerations } from './plan.js';

/** Number of a generation as it is typed: `2`, `g2` or its partition name. Throws MF_USAGE. */
export function readGeneration(basePartition: string, text: string): number {
  const number = /^g?([1-9][0-9]{0,6})$/.exec(text)?.[1];
  const generation = generationOf(basePartition, text) ?? (number === undefined ? undefined : Number(number));
  if (generation !== undefined) return generation;
  throw new MetafoldError('MF_USAGE', `"${text}" names no generation, expected a number, g2 or ${generationPartition(basePartition, 2)}`);
}

type Known = ReadonlyMap<Docname, KnownGenerations>;

/** Those of the wanted families that have the generation. Throws MF_GENERATION when none has it. */
function having(known: Known, wanted: readonly Docname[], generation: number): Docname[] {
  const found = wanted.filter((docname) => numbersOf(known.get(docname)!).includes(generation));
  if (found.length > 0) return found;
  throw new MetafoldError('MF_GENERATION', `there is no generation ${generation} of ${wanted.join(', ')}`, { generation });
}

/** Families whose generation can be made active. Throws MF_GENERATION when one of them must not. */
export function activatable(known: Known, wanted: readonly Docname[], generation: number): Docname[] {
  const docnames = having(known, wanted, generation);
  for (const docname of docnames) {
    const family = known.get(docname)!;
    const state = stateOf(family, generation);
    if (family.active === generation || state === 'complete') continue;
    const why = {
      filling: 'is not filled yet: run `metafold rebuild`',
      dropping: 'was dropped half-way: run `metafold generations drop` again',
      unknown: 'is not known to the control topic: its rebuild may never have ended',
    }[state];
    throw new MetafoldError('MF_GENERATION', `generation ${generation} of ${docname} ${why}`, { generation, docname });
  }
  return docnames;
}

/** Families whose generation can be dropped. Throws MF_GENERATION when it is active for one of them. */
export function droppable(known: Known, wanted: readonly Docname[], generation: number): Docname[] {
  const docnames = having(known, wanted, generation);
  const active = docnames.filter((docname) => known.get(docname)!.active === generation);
  if (active.length === 0) return docnames;
  const message = `generation ${generation} is active for ${active.join(', ')}: activate another one first, or name the projections to drop it for`;
  throw new MetafoldError('MF_GENERATION', message, { generation, docnames: active });
}
