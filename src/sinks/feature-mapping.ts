/**
 * Growth of `features_map` (spec 02 §3). Unknown feature names extend template and mappings once: calls that come
 * while an update is under way join the next one, so at any time one update of this process is in flight.
 */
import { JsonObject, parseJson, sourceText } from '../../schemas/json-text.js';

/** The requests that growth needs; each rejects with the server's reason. */
export interface MappingStore {
  /** Puts the union of the stored template's names and these into the template. */
  extendTemplate(names: readonly string[]): Promise<void>;
  /** Adds the names to the mappings of all existing binary2 indices. */
  extendIndices(names: readonly string[]): Promise<void>;
}

export interface FeatureMappingObserver {
  onGrown(names: readonly string[]): void;
  /** A name that clashes with a mapped one, or that no longer fits under the field limit. */
  onUnmappable(name: string, reason: string): void;
  onDropped(documentId: string): void;
}

export interface FeatureMapping {
  /**
   * Maps the feature names of refused documents; names known already are asked for again, since another worker's template write may have lost them. Resolves with the names that can't be mapped (clash, field limit):
   * documents are kept without them in `features_map`. Rejects when the server can't be asked; nothing is decided then.
   */
  grow(names: readonly string[]): Promise<ReadonlySet<string>>;
  countDropped(documentId: string): void;
}

/** Names that OpenSearch can't take as a field path at all: the document is refused, as in the peer. */
export function isImpossibleName(name: string): boolean {
  return name === '' || name.startsWith('.') || name.includes('..');
}

/** True for errors that say something of the name, false for those that say something of the server. */
export type IsNameFault = (error: unknown) => boolean;

export function createFeatureMapping(store: MappingStore, isNameFault: IsNameFault, observer: FeatureMappingObserver): FeatureMapping {
  const unmappable = new Map<string, string>();
  let wanted = new Set<string>();
  let next: Promise<void> | undefined;
  let running: Promise<void> = Promise.resolve();

  async function extend(names: readonly string[]): Promise<void> {
    await store.extendTemplate(names);
    await store.extendIndices(names);
  }

  async function growOne(name: string): Promise<void> {
    try {
      await extend([name]);
    } catch (error) {
      if (!isNameFault(error)) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      unmappable.set(name, reason);
      observer.onUnmappable(name, reason);
    }
  }

  async function growWanted(): Promise<void> {
    const names = [...wanted];
    wanted = new Set();
    next = undefined;
    try {
      await extend(names);
    } catch (error) {
      if (!isNameFault(error)) throw error;
      for (const name of names) await growOne(name);
    }
    observer.onGrown(names.filter((name) => !unmappable.has(name)));
  }

  return {
    async grow(names) {
      for (const name of names) if (!unmappable.has(name) && !isImpossibleName(name)) wanted.add(name);
      if (wanted.size > 0) {
        next ??= running = running.catch(() => undefined).then(growWanted);
        await next;
      }
      return new Set(unmappable.keys());
    },
    countDropped: (documentId) => observer.onDropped(documentId),
  };
}

/** `features_map` of a document's text as its own piece of text, so that the rest stays as it is, numbers included. */
function featuresMapOf(bodyJson: string): JsonObject | undefined {
  const body = parseJson(bodyJson) as JsonObject;
  const map = body.entries.get('features_map');
  return map instanceof JsonObject ? map : undefined;
}

/** Feature names of a document's text. */
export function featureNamesOf(bodyJson: string): string[] {
  return [...(featuresMapOf(bodyJson)?.entries.keys() ?? [])];
}

/** The text without the given names in `features_map` (spec 02 §3: all else stays), or undefined when it has none of them. */
export function withoutFeatures(bodyJson: string, names: ReadonlySet<string>): string | undefined {
  const map = featuresMapOf(bodyJson);
  if (!map || ![...map.entries.keys()].some((name) => names.has(name))) return undefined;
  const kept = [...map.entries]
    .filter(([name]) => !names.has(name))
    .map(([name, values]) => `${JSON.stringify(name)}:${sourceText(values)}`);
  return bodyJson.replace(`"features_map":${map.text}`, () => `"features_map":{${kept.join(',')}}`);
}
