/** Families: the docnames that projections fold into, and who folds into each. A family is rebuilt, activated and dropped as a whole. */
import type { Docname } from '../../projections/index-names.js';
import { projections, type Projection } from '../../projections/index.js';

/** In the order of the projections. */
export const FAMILIES: readonly Docname[] = [...new Set(projections.map(({ docname }) => docname))];

/** All projections that fold into one of the docnames. */
export function projectionsOf(docnames: readonly Docname[]): Projection[] {
  return projections.filter(({ docname }) => docnames.includes(docname));
}

/** The families of some projections, each once. */
export function familiesOf(chosen: readonly Projection[]): Docname[] {
  return FAMILIES.filter((docname) => chosen.some((projection) => projection.docname === docname));
}
