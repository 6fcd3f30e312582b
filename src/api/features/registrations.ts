/** What plugins have registered, as far as the caller may see it: the answer of `GET /v0/features` is made of these. */
import type { Registration } from '../plugin-model.js';

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

/** The newest registration of each version of each plugin; `registrations` come newest first. */
export function newestRegistrations(registrations: readonly Registration[]): PluginRegistration[] {
  const newest = new Map<string, PluginRegistration>();
  for (const { author, security, entity } of registrations) {
    const { category, name, version } = author;
    const key = JSON.stringify([name, version]);
    if (newest.has(key)) continue;
    const known = { name, ...(category && { category }), ...(version && { version }) };
    newest.set(key, { author: known, features: entity.features ?? [], security });
  }
  return [...newest.values()];
}
