import { Buffer } from 'node:buffer';

/**
 * The same text in memory of its own. A decoded string can be a slice of its record's text and would keep all of it alive,
 * so whatever outlives its record (keys of caches and tables) is copied first.
 */
export function ownText(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
