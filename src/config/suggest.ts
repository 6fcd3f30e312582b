/** Number of single-character changes between two words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The known name that was probably meant: one that contains or begins the word, or differs in a few characters. */
export function closest(word: string, known: Iterable<string>): string | undefined {
  let best: { name: string; cost: number } | undefined;
  for (const name of known) {
    const related = word.length >= 4 && (name.startsWith(word) || word.startsWith(name));
    const cost = related ? 1 : distance(word, name);
    if (cost <= Math.max(2, Math.floor(word.length / 4)) && (best === undefined || cost < best.cost)) best = { name, cost };
  }
  return best?.name;
}

/** `, did you mean "x"?` or nothing. */
export function hint(word: string, known: Iterable<string>): string {
  const name = closest(word, known);
  return name === undefined ? '' : `, did you mean "${name}"?`;
}
