/** How a binary came to its sources (spec 04 §6.7, 05 §9.1). */
import { compareCodePoints } from '../../../projections/code-points.js';
import type { EventSource } from './nodes.js';
import type { StoredSource } from './stored.js';

export interface BinarySource {
  readonly source: string;
  /** Submitted itself. */
  readonly direct: readonly EventSource[];
  /** Found within another binary that was submitted. */
  readonly indirect: readonly EventSource[];
}

/** The newest document of one submission to a source, and the least depth of all of them. */
export interface Submission {
  readonly depth: number;
  readonly document: { readonly source: StoredSource; readonly track_source_references: string };
}

/** Sorted by source; the rows of each newest first. */
export function sourcesOf(bySource: ReadonlyMap<string, readonly Submission[]>): BinarySource[] {
  const sources = Array.from(bySource, ([source, submissions]) => ({
    source,
    direct: rows(submissions.filter(({ depth }) => depth <= 0)),
    indirect: rows(submissions.filter(({ depth }) => depth > 0)),
  }));
  return sources.sort((a, b) => compareCodePoints(a.source, b.source));
}

function rows(submissions: readonly Submission[]): EventSource[] {
  return submissions
    .map(({ document: { source, track_source_references } }) => ({ ...source, track_source_references }))
    .sort((a, b) => compareCodePoints(instant(b), instant(a)));
}

/** Stored times are UTC with a fraction or none; without their `Z` they sort as texts. */
function instant({ timestamp }: EventSource): string {
  return timestamp.replace(/Z$/, '');
}
