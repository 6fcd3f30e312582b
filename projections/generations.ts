/**
 * Names of generations (spec 00 "Generations"): the first one is named by the base partition alone (`bench`), generation n by `bench-g<n>`.
 * Here, and nowhere else, a name is read back into its generation; what is no generation of the partition reads as undefined.
 */
import type { Docname } from './index-names.js';

export const FIRST_GENERATION = 1;

/** Seven digits are more rebuilds than anybody will live to see; a longer number is a name of somebody else's. */
const SUFFIX = /^-g([1-9][0-9]{0,6})$/;
const SUFFIX_BEFORE_DOT = /^(?:-g[1-9][0-9]{0,6})?(?=\.)/;

/** Partition name of a generation: `bench`, `bench-g2`, … */
export function generationPartition(basePartition: string, generation: number): string {
  return generation === FIRST_GENERATION ? basePartition : `${basePartition}-g${generation}`;
}

/** Inverse of `generationPartition`; `bench-g1` and `bench-g02` are none of its results. */
export function generationOf(basePartition: string, partition: string): number | undefined {
  if (partition === basePartition) return FIRST_GENERATION;
  if (!partition.startsWith(basePartition)) return undefined;
  const number = Number(SUFFIX.exec(partition.slice(basePartition.length))?.[1]);
  return number > FIRST_GENERATION ? number : undefined;
}

/** What follows the partition in a name, after one of its generations: `.binary2.a` and 2 for `bench-g2.binary2.a`. */
function splitName(basePartition: string, name: string): { readonly generation: number; readonly rest: string } | undefined {
  if (!name.startsWith(basePartition)) return undefined;
  const after = name.slice(basePartition.length);
  const suffix = SUFFIX_BEFORE_DOT.exec(after)?.[0];
  if (suffix === undefined) return undefined;
  const generation = generationOf(basePartition, basePartition + suffix);
  return generation === undefined ? undefined : { generation, rest: after.slice(suffix.length) };
}

function withoutDoor(index: string): string | undefined {
  return /^azul\.[ox]\./.test(index) ? index.slice('azul.o.'.length) : undefined;
}

/** The generation that an index of a docname belongs to: exactly those that `indexPatterns` of its partition matches. */
export function generationOfIndex(basePartition: string, docname: Docname, index: string): number | undefined {
  const name = withoutDoor(index);
  const split = name === undefined ? undefined : splitName(basePartition, name);
  if (split === undefined) return undefined;
  return split.rest === `.${docname}` || split.rest.startsWith(`.${docname}.`) ? split.generation : undefined;
}

/** The generation that a template belongs to: the docname's own, or for binary2 one of a source. */
export function generationOfTemplate(basePartition: string, docname: Docname, template: string): number | undefined {
  const split = template.startsWith('azul.') ? splitName(basePartition, template.slice('azul.'.length)) : undefined;
  if (split === undefined) return undefined;
  const ofSource = docname === 'binary2' && split.rest.startsWith('.binary2.') && split.rest.endsWith('prop');
  return split.rest === `.${docname}` || ofSource ? split.generation : undefined;
}

/** `azul.x.bench.binary2.a` for `azul.x.bench-g2.binary2.a` of partition `bench`; other names stay. */
export function withoutGeneration(index: string, basePartition: string): string {
  const name = withoutDoor(index);
  const split = name === undefined ? undefined : splitName(basePartition, name);
  return split === undefined ? index : `${index.slice(0, 'azul.o.'.length)}${basePartition}${split.rest}`;
}
