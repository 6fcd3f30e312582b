/** Step D of find: the rows of the answer (spec 05 §6, 04 §6.1 step 5). */
import type { Highlight } from './candidates.js';
import type { Summary } from './summary.js';
import type { EntityTag } from './tags.js';

/** A binary with all that is shown of it. `sha256` is missing where nothing is known of it. */
export type FoundBinary = Omit<Summary, 'sha256'> & {
  readonly sha256?: string;
  readonly highlight?: Highlight;
  readonly tags?: readonly EntityTag[];
};

export type Row = FoundBinary & {
  /** The hash that was asked for, or the sha256. */
  readonly key: string;
  readonly is_duplicate_find?: true;
};

/** The first of these that was asked for takes the row. */
const BY_PREFERENCE = ['sha256', 'md5', 'sha512', 'sha1', 'ssdeep'] as const;
const ABSENT: FoundBinary = { exists: false, has_content: false };

/** Search results in their order. */
export function rowsAsFound(binaries: ReadonlyMap<string, FoundBinary>, limit: number): Row[] {
  return [...binaries].slice(0, limit).map(([key, binary]) => ({ ...binary, key }));
}

/** Rows in the order of the hashes asked for, repeated hashes repeated; each binary is shown once as a whole. */
export function rowsByHash(binaries: Iterable<FoundBinary>, hashes: readonly string[]): Row[] {
  const rows = new Map<string, Row[]>(hashes.map((hash) => [hash, []]));
  for (const binary of binaries) {
    let shown = false;
    for (const field of BY_PREFERENCE) {
      const key = binary[field];
      const matches = key === undefined ? undefined : rows.get(key);
      if (key === undefined || matches === undefined) continue;
      const { has_content } = binary;
      matches.push(shown ? { exists: true, has_content, is_duplicate_find: true, key } : { ...binary, key });
      shown = true;
    }
  }
  return hashes.flatMap((key) => {
    const matches = rows.get(key)!;
    return matches.length > 0 ? matches : [{ ...ABSENT, key }];
  });
}
