/** Which aggregates there are, what they take and give (spec 07 §7, §12). */
import type { AggregateName, LinqType } from '../types.js';
import type { ValueType } from './functions.js';

const NAMES: ReadonlySet<string> = new Set<AggregateName>(['count', 'sum', 'avg', 'min', 'max', 'first', 'last', 'nnfirst', 'nnlast']);

export function isAggregate(name: string): name is AggregateName {
  return NAMES.has(name);
}

/** Type of the result over arguments of a type (undefined: `count()`), or what would have been expected. */
export function aggregateType(name: AggregateName, argument: ValueType | undefined): LinqType | { readonly expected: string } {
  if (name === 'count') return 'int8';
  if (argument === undefined || argument === 'null') return { expected: 'a value' };
  switch (name) {
    case 'sum':
      if (argument === 'int4' || argument === 'int8') return 'int8';
      return argument === 'float8' || argument === 'duration' ? argument : { expected: 'a number' };
    case 'avg':
      return argument === 'int4' || argument === 'int8' || argument === 'float8' ? 'float8' : { expected: 'a number' };
    case 'min':
    case 'max':
      return argument === 'json' ? { expected: 'a value with an order' } : argument;
    default:
      return argument;
  }
}
