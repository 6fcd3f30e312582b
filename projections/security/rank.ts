/** The order of security strings from less to more restrictive (spec 03 §2.5). */
import type { LabelSets, LabelTable } from './label-table.js';
import { parseLabels } from './parse.js';
import { renderLabels } from './render.js';

/** The present labels of a list as a number: bit n stands for the label at index n. */
function mask(order: readonly string[], labels: ReadonlySet<string>): bigint {
  return order.reduce((bits, label, index) => (labels.has(label) ? bits | (1n << BigInt(index)) : bits), 0n);
}

function masks(table: LabelTable, labels: LabelSets): bigint[] {
  return [
    mask(table.classifications, labels.exclusive),
    mask(table.caveats, labels.exclusive),
    mask(table.releasabilities, labels.inclusive),
    mask(table.tlps, labels.markings),
  ];
}

function compareMasks(a: readonly bigint[], b: readonly bigint[]): number {
  const index = a.findIndex((bits, position) => bits !== b[position]);
  return index < 0 ? 0 : a[index]! < b[index]! ? -1 : 1;
}

/** Each of the strings once, normalised, the least restrictive first. Throws SecurityError when one does not parse. */
export function rank(table: LabelTable, raws: readonly string[]): string[] {
  const ranked = new Map<string, bigint[]>();
  for (const raw of raws) {
    const labels = parseLabels(table, raw);
    ranked.set(renderLabels(table, labels), masks(table, labels));
  }
  return [...ranked].sort(([, a], [, b]) => compareMasks(a, b)).map(([security]) => security);
}
