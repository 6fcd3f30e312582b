/** Ids of binary documents (spec 02 §4.8). The author's version is in none of them: versions compete for one document. */
import { memoised } from '../memo.js';

/** Removes every character outside `[0-9A-Za-z.]`. */
export function clean(text: string): string {
  return text.replace(/[^0-9A-Za-z.]/g, '');
}

const cleanLabel = memoised(10_000, clean);

/** `sha256.category.name.action`: the stem of every id and of the `uniq_*` values. */
export function authorActionStem(sha256: string, category: string, name: string, action: string): string {
  return `${sha256}.${category}.${name}.${action}`;
}

/** One document per binary, author, action and label. */
export function resultId(stem: string, security: string): string {
  return `${stem}.${cleanLabel(security)}`;
}

/** One per submission; `sourceTime` in the document's UTC form, `sourceSecurity` normalised. */
export function submissionId(resultId: string, references: string, sourceTime: string, sourceSecurity: string): string {
  return `${resultId}.${references}.${clean(sourceTime)}.${cleanLabel(sourceSecurity)}`;
}

/** One per submission and parent. */
export function linkId(submissionId: string, parentSha256: string): string {
  return `${submissionId}.${parentSha256}`;
}
