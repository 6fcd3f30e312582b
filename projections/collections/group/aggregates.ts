/** Aggregates of a group: none depends on the order in which rows come (spec 07 §7). */
import { compareCodePoints } from '../../code-points.js';
import type { Micros } from '../../../schemas/events.js';
import { integerOf } from '../integers.js';
import type { Aggregate, EventRow, LinqType, LinqValue } from '../types.js';
import { GroupFault } from './errors.js';
import { ExactSum } from './exact-sum.js';

/** What is known of one aggregate of one group. */
export interface AggregateState {
  add(row: EventRow): void;
  /** Throws GroupFault for a sum beyond int8. */
  result(): LinqValue;
}

/** Makes the state of an aggregate for a new group. */
export function aggregateState({ name, argument, argumentType }: Aggregate): AggregateState {
  const value = argument ?? (() => null);
  const isFloat = argumentType === 'float8';
  switch (name) {
    case 'count':
      return new Count(argument);
    case 'sum':
      return isFloat ? new FloatSum(value, false) : new IntegerSum(value, false);
    case 'avg':
      return isFloat ? new FloatSum(value, true) : new IntegerSum(value, true);
    case 'min':
    case 'max':
      return new Extreme(value, name === 'min' ? -1 : 1, orderOf(argumentType));
    case 'first':
    case 'nnfirst':
      return new Outermost(value, -1, name === 'nnfirst');
    default:
      return new Outermost(value, 1, name === 'nnlast');
  }
}

type Argument = (row: EventRow) => LinqValue;

class Count implements AggregateState {
  private count = 0;

  constructor(private readonly argument: Argument | undefined) {}

  add(row: EventRow): void {
    if (this.argument === undefined || this.argument(row) !== null) this.count++;
  }

  result(): LinqValue {
    return this.count;
  }
}

/** Of int4, int8 and durations: exact, whatever lies between. */
class IntegerSum implements AggregateState {
  private sum = 0n;
  private count = 0;

  constructor(
    private readonly argument: Argument,
    private readonly isAverage: boolean,
  ) {}

  add(row: EventRow): void {
    const value = this.argument(row);
    if (value === null) return;
    this.sum += BigInt(value);
    this.count++;
  }

  result(): LinqValue {
    if (this.count === 0) return null;
    if (this.isAverage) return Number(this.sum) / this.count;
    const sum = integerOf(this.sum);
    if (sum === null) throw new GroupFault('int8 overflow');
    return sum;
  }
}

class FloatSum implements AggregateState {
  private readonly sum = new ExactSum();
  private count = 0;

  constructor(
    private readonly argument: Argument,
    private readonly isAverage: boolean,
  ) {}

  add(row: EventRow): void {
    const value = this.argument(row);
    if (value === null) return;
    this.sum.add(value as number);
    this.count++;
  }

  result(): LinqValue {
    if (this.count === 0) return null;
    return this.isAverage ? this.sum.value() / this.count : this.sum.value();
  }
}

/** The least (-1) or greatest (1) value. */
class Extreme implements AggregateState {
  private best: LinqValue = null;

  constructor(
    private readonly argument: Argument,
    private readonly sign: -1 | 1,
    private readonly order: Order,
  ) {}

  add(row: EventRow): void {
    const value = this.argument(row);
    if (value !== null && (this.best === null || this.order(value, this.best) * this.sign > 0)) this.best = value;
  }

  result(): LinqValue {
    return Object.is(this.best, -0) ? 0 : this.best;
  }
}

/** The value of the first (-1) or last (1) row by (instant in µs, key of the event, index of the feature). */
class Outermost implements AggregateState {
  private value: LinqValue = null;
  private place: Place | undefined;

  constructor(
    private readonly argument: Argument,
    private readonly sign: -1 | 1,
    private readonly skipsNull: boolean,
  ) {}

  add(row: EventRow): void {
    const place = { micros: row.micros, key: row.event.kafka_key, feature: row.feature };
    if (this.place !== undefined && comparePlaces(place, this.place) * this.sign <= 0) return;
    const value = this.argument(row);
    if (value === null && this.skipsNull) return;
    this.value = value;
    this.place = place;
  }

  result(): LinqValue {
    return this.value;
  }
}

interface Place {
  readonly micros: Micros;
  readonly key: string;
  readonly feature: number;
}

function comparePlaces(a: Place, b: Place): number {
  if (a.micros !== b.micros) return a.micros < b.micros ? -1 : 1;
  return compareCodePoints(a.key, b.key) || a.feature - b.feature;
}

type Order = (a: string | number | bigint | boolean, b: string | number | bigint | boolean) => number;

function orderOf(type: LinqType | undefined): Order {
  if (type === 'str') return (a, b) => compareCodePoints(a as string, b as string);
  if (type === 'float8') return (a, b) => compareFloats(a as number, b as number);
  return (a, b) => (a < b ? -1 : a > b ? 1 : 0);
}

/** A total order: NaN is the greatest. */
function compareFloats(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : a > b ? 1 : 0;
}
