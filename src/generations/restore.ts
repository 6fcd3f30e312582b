/** Before readers see a generation: what only an unread one could do without is put back, and everything in it is made searchable. */
import type { Client } from '@opensearch-project/opensearch';
import type { Logger } from 'pino';
import { indexPatterns, type Docname } from '../../projections/index-names.js';
import { indexSettings } from '../../projections/templates.js';
import { openSearchRequest } from '../opensearch/request.js';
import { ensureTemplates, type DocnameTemplates, type TemplateSettingsWithoutNames } from '../opensearch/templates.js';

/** Replicas are copied meanwhile; those that no node takes are not waited for. */
const REPLICAS_WITHIN = '60s';
const TIMEOUT_MS = 120_000;

/** `templates`: as they are to be from now on. Idempotent. */
export async function restoreIndices(client: Client, templates: DocnameTemplates, log: Logger): Promise<void> {
  // Templates first: an index that is made meanwhile is right from its beginning.
  await ensureTemplates(client, templates, new Map(), log);
  for (const [docname, settings] of templates) await restoreSettings(client, docname, settings);
  for (const [docname, { partition }] of templates) {
    const wide = [`azul.o.${partition}.${docname}*`, `azul.x.${partition}.${docname}*`].map(encodeURIComponent).join(',');
    await openSearchRequest(client, 'GET', `/_cluster/health/${wide}`, {
      query: { wait_for_no_initializing_shards: true, timeout: REPLICAS_WITHIN },
      accept: [408],
      timeoutMs: TIMEOUT_MS,
    });
    for (const step of ['_flush', '_refresh']) {
      await openSearchRequest(client, 'POST', `/${pathOf(partition, docname)}/${step}`, {
        query: { ignore_unavailable: true },
        timeoutMs: TIMEOUT_MS,
      });
    }
  }
}

function pathOf(partition: string, docname: Docname): string {
  return indexPatterns(partition, docname).map(encodeURIComponent).join(',');
}

async function restoreSettings(client: Client, docname: Docname, settings: TemplateSettingsWithoutNames): Promise<void> {
  const { number_of_replicas, refresh_interval } = indexSettings(docname, { ...settings, featureNames: [] });
  await openSearchRequest(client, 'PUT', `/${pathOf(settings.partition, docname)}/_settings`, {
    body: { index: { number_of_replicas, refresh_interval } },
    query: { ignore_unavailable: true, allow_no_indices: true },
    timeoutMs: TIMEOUT_MS,
  });
}
