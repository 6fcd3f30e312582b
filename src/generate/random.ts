/**
 * The only source of chance of the generator: the same seed gives the same history on every machine, so a benchmark or a
 * failing test can be repeated. The generator is sfc32 (C. Doty-Humphrey), seeded through splitmix32.
 */

/** Outcomes with relative weights (any positive numbers). */
export type Weighted<T> = readonly (readonly [outcome: T, weight: number])[];

export interface Random {
  /** In [0, 1). */
  unit(): number;
  /** Whole number from `low` to `high`, both included. */
  int(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  weighted<T>(choices: Weighted<T>): T;
  /** `count` different members in random order; all of them when there are fewer. */
  sample<T>(list: readonly T[], count: number): T[];
  /** Positive number of exponential distribution. */
  exponential(mean: number): number;
  /** Lower-case hex digits, at most 128. */
  hex(digits: number): string;
  /** Characters of the base64 alphabet, at most 80. */
  base64(characters: number): string;
}

function splitmix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
}

/** Unsigned 32-bit numbers. */
function sfc32(seed: number): () => number {
  const high = splitmix32(Math.floor(seed / 2 ** 32))();
  const mix = splitmix32(high ^ seed);
  let a = mix();
  let b = mix();
  let c = mix();
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round++) next();
  return next;
}

/** `seed`: a safe integer; both halves count. */
export function createRandom(seed: number): Random {
  const next = sfc32(seed);
  const bytes = Buffer.alloc(64);
  const fill = (length: number): void => {
    for (let at = 0; at < length; at += 4) bytes.writeUInt32LE(next(), at);
  };
  const unit = (): number => next() / 2 ** 32;
  const int = (low: number, high: number): number => low + Math.floor(unit() * (high - low + 1));
  const pick = <T>(list: readonly T[]): T => list[int(0, list.length - 1)]!;

  const weighted = <T>(choices: Weighted<T>): T => {
    let total = 0;
    for (const choice of choices) total += choice[1];
    let left = unit() * total;
    for (const choice of choices) {
      left -= choice[1];
      if (left < 0) return choice[0];
    }
    return choices[choices.length - 1]![0];
  };

  const sample = <T>(list: readonly T[], count: number): T[] => {
    const rest = list.slice();
    const size = Math.min(count, rest.length);
    for (let at = 0; at < size; at++) {
      const from = int(at, rest.length - 1);
      const chosen = rest[from]!;
      rest[from] = rest[at]!;
      rest[at] = chosen;
    }
    rest.length = size;
    return rest;
  };

  return {
    unit,
    int,
    chance: (probability) => unit() < probability,
    pick,
    weighted,
    sample,
    exponential: (mean) => -Math.log(1 - unit()) * mean,
    hex: (digits) => {
      const length = (digits + 1) >> 1;
      fill(length);
      const text = bytes.toString('hex', 0, length);
      return text.length === digits ? text : text.slice(0, digits);
    },
    base64: (characters) => {
      const length = Math.ceil((characters * 6) / 8 / 3) * 3;
      fill(length);
      return bytes.toString('base64', 0, length).slice(0, characters);
    },
  };
}
