/** What answers show of a registration and of authors (spec 04 §3, §10). */
import type { Registration, StoredAuthor } from '../plugin-model.js';

export interface Author {
  readonly security?: string;
  readonly category: string;
  readonly name: string;
  readonly version?: string | null;
}

/** Clients refuse an author without category. */
export function authorOf({ security, category, name, version }: StoredAuthor): Author {
  return {
    ...(security !== undefined && { security }),
    category: category ?? '',
    name,
    ...(version !== undefined && { version }),
  };
}

type Entity = Registration['entity'];

/** The entity as indexed; category and security are always there. */
export function pluginEntity({ category = '', name, version, contact, description, features, config, security = '' }: Entity) {
  return {
    category,
    name,
    ...(version !== undefined && { version }),
    ...(contact !== undefined && { contact }),
    ...(description !== undefined && { description }),
    ...(features !== undefined && { features }),
    ...(config !== undefined && { config }),
    security,
  };
}

export type FullPluginEntity = ReturnType<typeof fullPluginEntity>;

/** The entity with null for every field that it lacks. */
export function fullPluginEntity({ category = '', name, version, contact, description, features, config, security = '' }: Entity) {
  return {
    category,
    name,
    version: version ?? null,
    contact: contact ?? null,
    last_completion: null,
    stats: null,
    description: description ?? null,
    features:
      features?.map((feature) => ({ name: feature.name, desc: feature.desc ?? null, tags: null, type: feature.type ?? null })) ?? null,
    config: config ?? null,
    security,
  };
}
