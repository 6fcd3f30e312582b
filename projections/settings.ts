import { compareCodePoints } from './code-points.js';
import type { SecurityPolicy } from './security/policy.js';

/** How statuses are spread over indices (spec 02 §5.3). */
export type PartitionUnit = 'year' | 'month' | 'week' | 'day' | 'all';

/** What the fold knows of a configured source. */
export interface SourceSettings {
  /** Names of the references that are grouped by, in code-point order; make it with `priorityReferences`. */
  readonly priorityReferences: readonly string[];
  /** How long its events count, in milliseconds of source time; -1 (or 0) for ever. */
  readonly expireAfterMs: number;
}

/** All that a projection depends on besides the event. Plain values: two equal settings fold alike. */
export interface ProjectionSettings {
  /** Partition of the concrete indices, the generation being part of it (`bench`, `bench-g2`). */
  readonly partition: string;
  readonly security: SecurityPolicy;
  /** By source name; events of any other source are refused. */
  readonly sources: ReadonlyMap<string, SourceSettings>;
  readonly statusPartitionUnit: PartitionUnit;
}

/** The references of a source's configuration that count in `track_source_references_grouped`; `priority` is true by default. */
export function priorityReferences(references: readonly { readonly name: string; readonly priority?: boolean }[]): string[] {
  const names = references.filter((reference) => reference.priority ?? true).map((reference) => reference.name);
  return [...new Set(names)].sort(compareCodePoints);
}
