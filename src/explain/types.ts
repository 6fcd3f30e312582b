/** What is told of documents and of the events behind them; the JSON of `metafold explain`. */
export interface DeleteShown {
  readonly key: string;
  readonly action: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** What becomes of an event when its record is folded now. */
export type Outcome =
  | { readonly outcome: 'contributes' }
  | { readonly outcome: 'deleted'; readonly by: DeleteShown | null }
  /** Another reason to skip it: expired, too deep, without key, no valid child. */
  | { readonly outcome: 'skipped'; readonly reason: string }
  | { readonly outcome: 'refused'; readonly class: string; readonly reason: string }
  /** The record has no such event (any more). */
  | { readonly outcome: 'nothing' }
  /** A later record of its key and partition stands in its place. */
  | { readonly outcome: 'overtaken'; readonly by_offset: number; readonly by_tombstone: boolean }
  /** The log has the record no more. */
  | { readonly outcome: 'gone'; readonly reason: 'compacted' | 'retention'; readonly deleted_by: DeleteShown | null };

export interface EventShown {
  readonly key: string;
  /** Differs from the key for status results and derived children. */
  readonly event_key: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** RFC 3339, microseconds. */
  readonly time: string;
  /** `category.name.version`; null when the record is gone. */
  readonly author: string | null;
  readonly action: string | null;
  /** Keys of the inserts that it was derived by. */
  readonly inserts: readonly string[];
}

export type ContributionShown = EventShown & Outcome & { readonly role: 'winner' | 'loser'; readonly source: string | null };

export interface DocumentShown {
  readonly index: string;
  readonly id: string;
  /** parent: it only joins the others; plain: it was not written by metafold and says nothing of its events. */
  readonly kind: 'document' | 'parent' | 'plain';
  /** More contributions existed than are remembered. */
  readonly truncated: boolean;
  readonly contributions: readonly ContributionShown[];
}

/** An event that was found in the log. */
export type LoggedEvent = EventShown & Outcome & { readonly documents: readonly string[] };
