/** What plugins have registered, as far as the caller may see it: the answer of `GET /v0/features` is made of these. */
import type { Context } from '../caller.js';

export interface RegisteredFeature {
  readonly name: string;
  readonly type?: string;
  readonly desc?: string;
  readonly tags?: string | readonly string[];
}

/** The newest registration of one version of a plugin. */
export interface PluginRegistration {
  readonly author: { readonly category?: string; readonly name: string; readonly version?: string };
  /** Of the whole document. */
  readonly security?: string;
  readonly features: readonly RegisteredFeature[];
}

export type PluginRegistrations = (context: Context) => Promise<readonly PluginRegistration[]>;

const MAX_REGISTRATIONS = 10_000;

interface PluginSource {
  readonly author: PluginRegistration['author'];
  readonly security?: string;
  readonly entity?: { readonly features?: readonly RegisteredFeature[] };
}

/** Reads them by one search for the caller. */
export const searchRegistrations: PluginRegistrations = async ({ reader }) => {
  const { hits } = await reader.search<PluginSource>({
    docname: 'plugin',
    body: {
      size: MAX_REGISTRATIONS,
      sort: [{ timestamp: 'desc' }],
      _source: ['author.category', 'author.name', 'author.version', 'security', 'entity.features'],
    },
  });
  const newest = new Map<string, PluginRegistration>();
  for (const { _source } of hits.hits) {
    const { author, security, entity } = _source;
    const key = JSON.stringify([author.name, author.version]);
    if (!newest.has(key)) newest.set(key, { author, features: entity?.features ?? [], ...(security !== undefined && { security }) });
  }
  return [...newest.values()];
};
