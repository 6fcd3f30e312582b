/**
 * Texts that give away a document: each occurs in what a caller may not see and nowhere in what it may see or in what everybody is
 * told (spec 03 §10.4).
 */
import type { ApiHistory, StoredDocument } from './api-history.js';
import { sees, type CallerName } from './api.js';

const SHORTEST = 12;

/** The markers of a caller. */
export function markersFor(caller: CallerName, { documents, arena }: ApiHistory): readonly string[] {
  const visible = documents.filter((document) => sees(caller, document));
  const seen = textsOfAll(visible);
  const known = [...seen, JSON.stringify(arena.settings)].join('\n');
  const hidden = textsOfAll(documents.filter((document) => !sees(caller, document)));
  return [...hidden].filter((text) => text.length >= SHORTEST && !seen.has(text) && !known.includes(text));
}

interface Feature {
  readonly name: string;
  readonly value: string;
}

function textsOfAll(documents: readonly StoredDocument[]): Set<string> {
  const texts = new Set<string>();
  for (const { id, source } of documents) {
    texts.add(id);
    collectTexts(source, texts);
    // Who knows a value may ask for its tags by this name.
    for (const { name, value } of (source['features'] ?? []) as readonly Feature[]) texts.add(`${name}.${value}`);
  }
  return texts;
}

/** All texts within a value. Names of members are no secret: they are fields of the mapping. */
function collectTexts(value: unknown, texts: Set<string>): void {
  if (typeof value === 'string') texts.add(value);
  else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) collectTexts(inner, texts);
}

/** The markers that an answer gives away, unless the question itself held them or they are the caller's own label. */
export function givenAway(markers: readonly string[], answer: string, asked: string): readonly string[] {
  const told = readable(answer);
  return markers.filter((marker) => told.includes(marker) && !asked.includes(marker));
}

/** Lines of JSON as the texts within, names included, so that no escaping hides one; other text as it is. */
function readable(answer: string): string {
  return answer
    .split('\n')
    .map((line) => {
      try {
        const texts: string[] = [];
        JSON.parse(line, (key, value: unknown) => {
          texts.push(key);
          if (typeof value === 'string') texts.push(value);
          return value;
        });
        return texts.join('\n');
      } catch {
        return line;
      }
    })
    .join('\n');
}
