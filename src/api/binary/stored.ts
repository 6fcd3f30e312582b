/** Parts of documents as the index holds them (spec 02 §2), read with exact numbers. */
import type { RawJson } from '../../../projections/types.js';

/** A number; as text when JavaScript has no equal one. */
export type ExactNumber = number | RawJson;

export interface StoredAuthor {
  readonly security?: string;
  readonly category: string;
  readonly name: string;
  readonly version?: string;
}

export type Relationship = Readonly<Record<string, string>>;

/** What a binary document tells of its binary as a node of a path. */
export interface StoredNode {
  readonly sha256: string;
  readonly author: StoredAuthor;
  readonly action: string;
  readonly timestamp: string;
  readonly file_format?: string;
  readonly size?: ExactNumber;
  readonly parent_relationship?: Relationship;
}

/** A document with a parent. */
export interface StoredLink extends StoredNode {
  readonly track_link: string;
  readonly parent: StoredParent;
}

export interface StoredParent {
  readonly sha256: string;
  readonly author: StoredAuthor;
  readonly action: string;
  readonly timestamp: string;
  readonly relationship?: Relationship;
  readonly file_format?: string;
  readonly size?: ExactNumber;
  readonly filename?: string;
  readonly language?: string;
  readonly encoded?: { readonly sha256_author_action: string };
}

export interface StoredSource {
  readonly security?: string;
  readonly name: string;
  readonly timestamp: string;
  readonly references?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, string>>;
}

/** What a feature value was taken apart into (spec 02 §4.7). */
export interface StoredEnriched {
  readonly integer?: ExactNumber;
  readonly float?: ExactNumber;
  readonly port?: number;
  readonly datetime?: string;
  readonly binary_string?: string;
  readonly scheme?: string;
  readonly netloc?: string;
  readonly filepath?: string;
  readonly params?: string;
  readonly query?: string;
  readonly fragment?: string;
  readonly username?: string;
  readonly password?: string;
  readonly hostname?: string;
  readonly ip?: string;
}

export interface StoredFeature {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly label?: string;
  readonly enriched?: StoredEnriched;
  readonly encoded?: { readonly location?: { readonly gte: ExactNumber; readonly lte: ExactNumber } };
}

export interface StoredStream {
  readonly sha256: string;
  readonly label: string;
  readonly size?: ExactNumber;
  readonly [field: string]: unknown;
}

/** Fields of a document that make a node of a path. */
export const NODE_FIELDS = ['author', 'action', 'timestamp', 'sha256', 'file_format', 'size', 'parent_relationship'] as const;
/** Fields of a document that tell how it was submitted; what the fold derived from them for searching is no answer (spec 04 §2.4). */
export const SUBMISSION_SOURCE = {
  includes: ['source', 'track_source_references'],
  excludes: ['source.encoded_references', 'source.encoded_settings'],
} as const;
