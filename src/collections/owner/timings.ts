/** How often and how long, for the owner of tasks (spec 07 §8); tests shorten them. */
export interface OwnerTimings {
  /** Between two confirmations of the membership. */
  readonly confirmMs: number;
  /** The membership's session timeout is this much longer than its last confirmation is trusted. */
  readonly confirmMarginMs: number;
  readonly checkpointMs: number;
  readonly lossCheckMs: number;
  readonly progressMs: number;
  /** Between two commits of a task's offsets for lag displays. */
  readonly groupOffsetsMs: number;
  /** A batch is cut when it has so many rows, or is this old. */
  readonly batchRows: number;
  readonly batchMs: number;
  /** Deletes are waited for this long, so that a burst of them shares one rebuild. */
  readonly rebuildDebounceMs: number;
  /** Between the starts of two rebuilds of a task. */
  readonly rebuildIntervalMs: number;
  /** A partition at its end that is silent for this long counts as up to date (spec 07 §7). */
  readonly silenceMs: number;
  /** A finite task ends this long after its `to`. */
  readonly completionMs: number;
  /** A removed task is forgotten this long after its keys are gone. */
  readonly forgetMs: number;
  /** Reconnecting: first wait and longest. */
  readonly backoffMs: readonly [first: number, longest: number];
  /** Between two looks at topics and their ends. */
  readonly catalogueMs: number;
}

export const OWNER_TIMINGS: OwnerTimings = {
  confirmMs: 3_000,
  confirmMarginMs: 5_000,
  checkpointMs: 5_000,
  lossCheckMs: 10_000,
  progressMs: 10_000,
  groupOffsetsMs: 10_000,
  batchRows: 5_000,
  batchMs: 50,
  rebuildDebounceMs: 5_000,
  rebuildIntervalMs: 60_000,
  silenceMs: 10_000,
  completionMs: 60_000,
  forgetMs: 86_400_000,
  backoffMs: [1_000, 60_000],
  catalogueMs: 5_000,
};
