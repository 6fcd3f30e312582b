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

/** Removes all indices and templates of a partition. */
export async function removePartition(client: Client, partition: string): Promise<void> {
  for (const docname of DOCNAMES) {
    await openSearchRequest(client, 'DELETE', `/_template/${templateName(partition, docname)}`, { accept: [404] });
    const indices = await openSearchRequest<{ index: string }[]>(
      client,
      'GET',
      `/_cat/indices/${indexPatterns(partition, docname).join(',')}`,
      {
        query: { format: 'json', h: 'index', ignore_unavailable: true },
        accept: [404],
      },
    );
    for (const { index } of indices.status === 404 ? [] : indices.body) {
      await openSearchRequest(client, 'DELETE', `/${encodeURIComponent(index)}`, { accept: [404] });
    }
  }
}
