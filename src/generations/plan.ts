/** What a rebuild has to do for each family: begin a generation, or go on with the one that an earlier run has left. Pure. */
import type { Docname } from '../../projections/index-names.js';
import type { GenerationRecord } from './control-record.js';

/** What is known of a family's generations. */
export interface KnownGenerations {
  readonly active: number;
  readonly records: readonly GenerationRecord[];
  /** Generations that have indices, whether or not there is a record of them. */
  readonly present: readonly number[];
}

export interface RebuildStep {
  readonly docname: Docname;
  readonly generation: number;
  /**
   * begin: a new generation; resume: one that is not filled yet; finish: filled and already active, only the end of its swap may be missing;
   * done: the run that is resumed had come to its end for this family.
   */
  readonly step: 'begin' | 'resume' | 'finish' | 'done';
}

/**
 * Steps for the wanted families. All generations that one run begins have one number, greater than any in use; so a number names a run, and a
 * run that is repeated after a crash at any moment goes on with its own generations. `known` must answer for all families.
 */
export function planRebuild(
  wanted: readonly Docname[],
  all: readonly Docname[],
  known: (docname: Docname) => KnownGenerations,
): RebuildStep[] {
  const unfinished = new Map(wanted.map((docname) => [docname, greatest(fillingOf(known(docname)))]));
  const run = greatest([...unfinished.values()].filter((generation) => generation !== undefined));
  const next = (greatest(all.flatMap((docname) => numbersOf(known(docname)))) ?? 0) + 1;
  return wanted.map((docname) => {
    const own = unfinished.get(docname);
    if (own !== undefined) return { docname, generation: own, step: own === known(docname).active ? 'finish' : 'resume' };
    if (run === undefined) return { docname, generation: next, step: 'begin' };
    if (known(docname).records.some(({ generation, state }) => generation === run && state === 'complete')) {
      return { docname, generation: run, step: 'done' };
    }
    // Numbers that the family has used before are not used again.
    return { docname, generation: run > (greatest(numbersOf(known(docname))) ?? 0) ? run : next, step: 'begin' };
  });
}

function fillingOf({ records }: KnownGenerations): number[] {
  return records.filter(({ state }) => state === 'filling').map(({ generation }) => generation);
}

/** Numbers of a family's generations, ascending. */
export function numbersOf({ active, records, present }: KnownGenerations): number[] {
  return [...new Set([active, ...present, ...records.map(({ generation }) => generation)])].sort((a, b) => a - b);
}

function greatest(numbers: readonly number[]): number | undefined {
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}
