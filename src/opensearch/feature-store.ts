import type { Client } from '@opensearch-project/opensearch';
import { withFeatureNames } from '../../projections/binary/mapping.js';
import { templateName } from '../../projections/index-names.js';
import type { Mapping } from '../../projections/mapping.js';
import { docnameTemplate } from '../../projections/templates.js';
import type { MappingStore } from '../sinks/feature-mapping.js';
import { openSearchRequest, statusOf } from './request.js';
import { putMapping, putTemplate, readTemplate, storedFeatureNames, type TemplateSettingsWithoutNames } from './templates.js';

/**
 * `features_map` of one generation's binary2 template and indices. The template keeps whatever else it says: while names are added to it,
 * somebody may have made the generation active or filled.
 */
export function createFeatureStore(client: Client, settings: TemplateSettingsWithoutNames): MappingStore {
  const name = templateName(settings.partition, 'binary2');
  return {
    async extendTemplate(names) {
      const stored = await readTemplate(client, name);
      const known = new Set(storedFeatureNames(stored));
      const added = names.filter((one) => !known.has(one));
      if (added.length === 0) return;
      const body = stored && ({ ...stored, mappings: withFeatureNames(stored.mappings ?? {}, added) } as Mapping);
      await putTemplate(client, body ? { name, body } : docnameTemplate('binary2', { ...settings, featureNames: added }));
    },
    async extendIndices(names) {
      const properties = Object.fromEntries(names.map((one) => [one, { type: 'keyword' }]));
      await putMapping(client, settings.partition, 'binary2', { properties: { features_map: { properties } } });
    },
  };
}

/** Whether a failed growth says something of the names (400) rather than of the server. */
export function isNameFault(error: unknown): boolean {
  return statusOf(error) === 400;
}

/** Puts a script for updates; it is compiled at once, so that a wrong one is refused here. Idempotent. */
export async function putScript(client: Client, id: string, source: string): Promise<void> {
  await openSearchRequest(client, 'PUT', `/_scripts/${id}/update`, { body: { script: { lang: 'painless', source } } });
}
