/** What a comparison has found, as it is reported. */
import type { Docname } from '../../projections/index-names.js';
import type { Difference, DifferenceKind } from './second-look.js';
import type { DocumentAddress } from './stored.js';

export interface ReportedDifference extends Omit<DocumentAddress, 'routing'> {
  readonly kind: DifferenceKind;
  readonly docname: Docname;
  readonly parent: boolean;
  readonly paths: readonly string[];
}

export type DifferenceCounts = Record<DifferenceKind, number>;

/** Counts all differences and keeps the first ones. */
export class Report {
  readonly counts: DifferenceCounts = { missing: 0, extra: 0, different: 0, superseded: 0 };
  readonly listed: ReportedDifference[] = [];

  constructor(private readonly limit: number) {}

  add(docname: Docname, { kind, address, isParent, paths }: Difference): void {
    this.counts[kind]++;
    if (this.listed.length < this.limit) this.listed.push({ kind, docname, index: address.index, id: address.id, parent: isParent, paths });
  }

  get total(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  /** The differences listed, for people. */
  get lines(): string[] {
    const lines = this.listed.map(({ kind, index, id, paths }) => {
      const where = kind === 'different' ? `  ${paths.join(', ')}` : '';
      return `${kind.padEnd(10)}  ${index}  ${id}${where}`;
    });
    return this.total > lines.length ? [...lines, `… and ${this.total - lines.length} more`] : lines;
  }
}
