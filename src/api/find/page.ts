/** Listings in pages, each going on where the one before ended (spec 05 §7, 04 §6.2). */
import { refused } from '../api-error.js';

export interface Page<T> {
  readonly items: readonly T[];
  /** Where the next page begins; missing when there are no items. */
  readonly after?: string;
  /** Of all pages, on the first one, unless it is empty. */
  readonly total?: number;
}

/** What callers send to go on. */
export type AfterText = string | null | undefined;

/** The key after which a page begins, undefined for the first. Throws 422 for what no page ended with. */
export function afterKey(text: AfterText, name: string): Readonly<Record<string, string>> | undefined {
  if (text === undefined || text === null || text === '') return undefined;
  const value = keyOf(text)?.[name];
  if (typeof value !== 'string') throw refused(422, `Invalid after provided '${text}', after must be valid JSON!`);
  return { [name]: value };
}

function keyOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const key = JSON.parse(text) as Readonly<Record<string, unknown>> | null;
    return key !== null && Object.keys(key).length === 1 ? key : undefined;
  } catch {
    return undefined;
  }
}

/** As the peer writes it: clients compare such texts. */
export function afterText(name: string, value: string): string {
  return `{${JSON.stringify(name)}: ${JSON.stringify(value)}}`;
}
