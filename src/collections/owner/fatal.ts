/** Which failures of a fold no waiting mends. */
import { GroupFault } from '../../../projections/collections/group/index.js';
import { LinqError } from '../../../projections/collections/linq/index.js';

/**
 * What is in the task itself: a query that can't be compiled, too many groups, a sum beyond its type; or a bug. Anything else (an outage of Kafka or Redis, a membership
 * that is not confirmed) mends by itself.
 */
export function isFatal(error: unknown): boolean {
  return (
    error instanceof GroupFault ||
    error instanceof LinqError ||
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof SyntaxError
  );
}
