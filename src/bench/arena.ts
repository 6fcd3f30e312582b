/** Indices of a benchmark: made fresh for each run and removed after it. */
import type { Client } from '@opensearch-project/opensearch';
import type { Logger } from 'pino';
import { DOCNAMES, indexPatterns, templateName } from '../../projections/index-names.js';
import type { Config } from '../config/index.js';
import { createFeatureStore } from '../opensearch/feature-store.js';
import { openSearchRequest } from '../opensearch/request.js';
import { ensureTemplates, readTemplate, storedFeatureNames } from '../opensearch/templates.js';
import { configuredTemplates, wholePartition } from '../opensearch/template-settings.js';

/** Templates for a partition that nothing was folded into, knowing the feature names of another one. */
export async function prepareLike(client: Client, config: Config, partition: string, like: string, log: Logger): Promise<void> {
  const { templates } = configuredTemplates(config, wholePartition(partition));
  await ensureTemplates(client, templates, new Map(), log);
  const names = storedFeatureNames(await readTemplate(client, templateName(like, 'binary2')));
  await createFeatureStore(client, templates.get('binary2')!).extendTemplate(names);
}

/** Makes everything in a partition's indices searchable, as a worker does at its end; answers with the seconds that it took. */
export async function refreshPartition(client: Client, partition: string): Promise<number> {
  const started = performance.now();
  const patterns = DOCNAMES.flatMap((docname) => indexPatterns(partition, docname));
  await openSearchRequest(client, 'POST', `/${patterns.join(',')}/_refresh`, { query: { ignore_unavailable: true } });
  return (performance.now() - started) / 1000;
}

/** Names in one request; an address has a limited length. */
const NAMES_AT_A_TIME = 40;

/** Removes all indices and templates of a partition. */
export async function removePartition(client: Client, partition: string): Promise<void> {
  for (const docname of DOCNAMES) {
    await openSearchRequest(client, 'DELETE', `/_template/${templateName(partition, docname)}`, { accept: [404] });
    // Not by _cat/indices: that waits for each name without an index to get one.
    const { body } = await openSearchRequest<Record<string, object>>(client, 'GET', `/${indexPatterns(partition, docname).join(',')}`, {
      query: { ignore_unavailable: true, filter_path: '*.settings.index.uuid' },
    });
    const names = Object.keys(body).map((name) => encodeURIComponent(name));
    for (let from = 0; from < names.length; from += NAMES_AT_A_TIME) {
      await openSearchRequest(client, 'DELETE', `/${names.slice(from, from + NAMES_AT_A_TIME).join(',')}`, { accept: [404] });
    }
  }
}
