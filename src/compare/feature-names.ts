import type { Client } from '@opensearch-project/opensearch';
import { openSearchRequest } from '../opensearch/request.js';
import { isMapped } from './paths.js';

type Mappings = Readonly<Record<string, { readonly mappings?: { readonly properties?: Readonly<Record<string, unknown>> } }>>;

/** Whether the mapping of an index, as it is now, has no place for a feature name (spec 02 §3). */
export async function readUnmappable(client: Client, indices: readonly string[]): Promise<(index: string, name: string) => boolean> {
  const properties = new Map<string, unknown>();
  if (indices.length > 0) {
    const path = `/${indices.map(encodeURIComponent).join(',')}/_mapping`;
    const { body } = await openSearchRequest<Mappings>(client, 'GET', path, { query: { ignore_unavailable: true } });
    for (const [index, { mappings }] of Object.entries(body)) {
      properties.set(index, (mappings?.properties?.['features_map'] as { properties?: unknown } | undefined)?.properties);
    }
  }
  return (index, name) => !isMapped(properties.get(index) ?? {}, name);
}
