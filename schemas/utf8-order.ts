/** Order of strings by their UTF-8 bytes, as Go sorts them. UTF-16 order differs where surrogate pairs meet U+E000 to U+FFFF. */

/** Moves surrogates above the rest of the plane, so that code units compare as code points do. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Negative, zero or positive as `a` comes before, equals or comes after `b` in UTF-8 byte order. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}
