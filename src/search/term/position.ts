/** Places in a term: the parser counts UTF-16 units, Python and so every caller counts code points. */

/** Both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Code-point offset of a UTF-16 offset. */
export type OffsetOf = (unit: number) => number;

const PAIR = /[\ud800-\udbff][\udc00-\udfff]/;

export function offsetsOf(text: string): OffsetOf {
  if (!PAIR.test(text)) return (unit) => unit;
  const offsets = new Uint32Array(text.length + 1);
  let offset = 0;
  for (let unit = 0; unit < text.length; offset++) {
    const length = text.codePointAt(unit)! > 0xffff ? 2 : 1;
    offsets.fill(offset, unit, unit + length);
    unit += length;
  }
  offsets[text.length] = offset;
  return (unit) => offsets[unit]!;
}

/** Line and column of a code-point offset; only `\n` ends a line. */
export function positionAt(text: string, offset: number): Position {
  const before = Array.from(text).slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.filter((character) => character === '\n').length + 1, column: offset - lineStart + 1 };
}
