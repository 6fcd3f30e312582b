/**
 * Orders strings by code point, as Python does: negative, zero or positive. JavaScript's own order (UTF-16 units) puts
 * characters above U+FFFF before U+E000..U+FFFF, so it is right only where no surrogate is involved (spec 02, head).
 */
export function compareCodePoints(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left === right) continue;
    if (left < 0xd800 || right < 0xd800) return left - right;
    // In the second half of a pair the first halves were equal, so comparing what is left is still right.
    return a.codePointAt(index)! - b.codePointAt(index)!;
  }
  return a.length - b.length;
}

/** Number of code points: Python's `len` of a string. */
export function countCodePoints(text: string): number {
  let count = text.length;
  for (let index = 1; index < text.length; index++) {
    if ((text.charCodeAt(index) & 0xfc00) === 0xdc00 && (text.charCodeAt(index - 1) & 0xfc00) === 0xd800) count--;
  }
  return count;
}
