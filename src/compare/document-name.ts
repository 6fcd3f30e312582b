/** Names of documents by which both sides are sorted: index, routing, id, so that all documents of a binary stand together, its parent first. */
import type { DocumentAddress } from './stored.js';

const SEPARATOR = '\0';

export function documentName({ index, id, routing }: DocumentAddress): string {
  return `${index}${SEPARATOR}${routing ?? ''}${SEPARATOR}${id}`;
}

export function addressOf(name: string): DocumentAddress {
  const first = name.indexOf(SEPARATOR);
  const second = name.indexOf(SEPARATOR, first + 1);
  const routing = name.slice(first + 1, second);
  return { index: name.slice(0, first), routing: routing === '' ? undefined : routing, id: name.slice(second + 1) };
}

/** What the documents of a binary have in common; documents without routing stand alone. */
export function clusterName({ index, id, routing }: DocumentAddress): string {
  return `${index}${SEPARATOR}${routing ?? `${SEPARATOR}${id}`}`;
}
