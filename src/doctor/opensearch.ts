/** OpenSearch: does it answer, is it new enough, can it keep vectors, and are its templates ours. */
import type { Client } from '@opensearch-project/opensearch';
import { generationPartition } from '../../projections/generations.js';
import { DOCNAMES, readAlias, templateName, type Docname } from '../../projections/index-names.js';
import { TEMPLATE_VERSION } from '../../projections/templates.js';
import type { Config } from '../config/index.js';
import { asMetafoldError, ERRORS, messageOf } from '../errors.js';
import { readSeen } from '../generations/active.js';
import { checkOpenSearch, createOpenSearchClient } from '../opensearch/client.js';
import { openSearchRequest } from '../opensearch/request.js';
import { readTemplate } from '../opensearch/templates.js';
import { failed, ok, warning, type Check } from './check.js';

async function checkPlugins(client: Client): Promise<Check> {
  const name = 'opensearch k-NN plugin';
  const { body } = await openSearchRequest<readonly { component: string; version: string }[]>(client, 'GET', '/_cat/plugins', {
    query: { format: 'json' },
  });
  const plugin = body.find(({ component }) => component === 'opensearch-knn');
  return plugin
    ? ok(name, plugin.version)
    : failed(name, 'not installed', 'install opensearch-knn on every node: binary documents have vectors');
}

async function checkHealth(client: Client): Promise<Check> {
  const name = 'opensearch cluster';
  const { body } = await openSearchRequest<{ status: string; number_of_nodes: number; active_shards: number }>(
    client,
    'GET',
    '/_cluster/health',
  );
  const found = `${body.status}, ${body.number_of_nodes} nodes, ${body.active_shards} shards`;
  if (body.status === 'red') return failed(name, found, 'some primary shards are missing: see GET /_cluster/allocation/explain');
  return ok(name, found);
}

async function checkTemplates(client: Client, partition: string): Promise<Check> {
  const name = 'opensearch templates';
  const active = await readSeen(client, partition);
  const nameOf = (docname: Docname): string => templateName(generationPartition(partition, active.get(docname)!), docname);
  const stored = await Promise.all(DOCNAMES.map((docname) => readTemplate(client, nameOf(docname))));
  const others = DOCNAMES.filter((_docname, index) => stored[index] !== undefined && stored[index].version !== TEMPLATE_VERSION);
  const missing = DOCNAMES.filter((_docname, index) => stored[index] === undefined);
  if (others.length > 0) {
    const found = others.map((docname) => `${nameOf(docname)} has version ${stored[DOCNAMES.indexOf(docname)]?.version ?? 'none'}`);
    return failed(
      name,
      `${found.join(', ')}, expected ${TEMPLATE_VERSION}`,
      'run `metafold force-update-templates`, or use another partition',
    );
  }
  if (missing.length === DOCNAMES.length)
    return ok(name, `none of ${readAlias(partition, 'binary2')} and the others yet: the first worker writes them`);
  if (missing.length > 0)
    return warning(name, `missing: ${missing.map(nameOf).join(', ')}`, 'start a worker, or run `metafold force-update-templates`');
  return ok(name, `${DOCNAMES.length} of version ${TEMPLATE_VERSION} for partition ${partition}`);
}

/** Answers even when OpenSearch does not. */
export async function checkOpenSearchServer(config: Config<'opensearch'>): Promise<Check[]> {
  const client = createOpenSearchClient(config.opensearch, { requestTimeoutMs: 8_000, maxRetries: 0 });
  try {
    const { distribution, version } = await checkOpenSearch(client);
    const answers = ok('opensearch', `${distribution} ${version}`);
    const others = [checkHealth(client), checkPlugins(client), checkTemplates(client, config.partition)];
    const names = ['opensearch cluster', 'opensearch k-NN plugin', 'opensearch templates'];
    const settled = await Promise.allSettled(others);
    const checks = settled.map((outcome, index) =>
      outcome.status === 'fulfilled'
        ? outcome.value
        : failed(names[index]!, messageOf(outcome.reason), 'check that the account METASTORE_OPENSEARCH_USERNAME may ask this'),
    );
    return [answers, ...checks];
  } catch (error) {
    const known = asMetafoldError(error, 'MF_OPENSEARCH');
    return [failed('opensearch', messageOf(known), ERRORS[known.code].remedy)];
  } finally {
    await client.close();
  }
}
