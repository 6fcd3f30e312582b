import type { Client } from '@opensearch-project/opensearch';
import { docnameTemplate } from '../../projections/templates.js';
import type { MappingStore } from '../sinks/feature-mapping.js';
import { openSearchRequest, statusOf } from './request.js';
import { putMapping, putTemplate, readTemplate, storedFeatureNames, type TemplateSettingsWithoutNames } from './templates.js';
import { templateName } from '../../projections/index-names.js';

/** `features_map` of one generation's binary2 template and indices. */
export function createFeatureStore(client: Client, settings: TemplateSettingsWithoutNames): MappingStore {
  const name = templateName(settings.partition, 'binary2');
  return {
    async extendTemplate(names) {
      const known = storedFeatureNames(await readTemplate(client, name));
      if (names.every((one) => known.includes(one))) return;
      await putTemplate(client, docnameTemplate('binary2', { ...settings, featureNames: [...known, ...names] }));
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
