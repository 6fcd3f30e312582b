/** What a verification has found: all of it counted, the first of it kept. */

export type DifferenceKind = 'missing' | 'extra' | 'different';

export interface Difference {
  readonly key: string;
  readonly kind: DifferenceKind;
  /** What Redis has; null: no key. */
  readonly stored: string | null;
  /** Absolute expiry that Redis has, ms; `NO_EXPIRY` or `NO_KEY`. */
  readonly expiry: number;
  /** What the log makes; null: no key. */
  readonly expected: string | null;
}

export class Tally {
  readonly counts: Record<DifferenceKind, number> = { missing: 0, extra: 0, different: 0 };
  private kept: readonly Difference[] = [];

  /** `limit`: so many differences are kept. */
  constructor(private readonly limit: number) {}

  add(differences: readonly Difference[]): void {
    for (const { kind } of differences) this.counts[kind]++;
    this.kept = this.kept
      .concat(differences)
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .slice(0, this.limit);
  }

  /** The first of them, by key. */
  get differences(): readonly Difference[] {
    return this.kept;
  }
}
