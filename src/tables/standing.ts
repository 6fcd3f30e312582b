/** Which stored contributions the tables let stand, for those whose record can't be folded again. */
import type { DeleteTarget } from '../../projections/removal/delete-target.js';
import { covers } from '../../projections/removal/delete-target.js';
import type { Contribution } from '../../projections/types.js';
import { createTableTail, type TableTailOptions } from './table-tail.js';

/**
 * Reads the tables to the end that their topics have now. The answer says of a contribution whether it counts: no delete covers it, and the
 * inserts that derived it are those that stand. Rejects when the broker does not answer.
 */
export async function readStanding(options: TableTailOptions): Promise<(contribution: Contribution) => boolean> {
  const tail = createTableTail(options);
  try {
    // Nothing is taken for applied: all deletes come back as news.
    const { deletes, inserts } = await tail.start(new Map());
    const byToken = new Map<string, DeleteTarget[]>();
    for (const target of deletes) {
      for (const token of target.tokens) byToken.set(token, [...(byToken.get(token) ?? []), target]);
    }
    const offsets = new Map(inserts.flatMap(({ key, entry }) => (entry === undefined ? [] : [[key, entry.offset] as const])));
    return (contribution) => {
      const { tokens, insertKeys, insertOffsets } = contribution;
      return (
        insertKeys.every((key, at) => offsets.get(key) === insertOffsets[at]) &&
        !tokens.some((token) => byToken.get(token)?.some((target) => covers(target, contribution)))
      );
    };
  } finally {
    await tail.close();
  }
}
