import type { Ports, ServiceName } from './layout.js';

/** Index settings for a single node: no replica could be placed, and more shards would only cost memory. */
const singleNodeIndex = JSON.stringify({ number_of_shards: 1, number_of_replicas: 0, refresh_interval: '5s' });

/** The settings that make metafold use a stack, for those of its services that run. */
export function settingsFor(dataFolder: string, ports: Ports, running: readonly ServiceName[]): Record<string, string> {
  const settings: Record<string, string> = { METAFOLD_DATA: dataFolder };
  if (running.includes('kafka')) settings['METAFOLD_KAFKA_BROKERS'] = `127.0.0.1:${String(ports.kafka)}`;
  if (running.includes('opensearch')) {
    settings['METASTORE_OPENSEARCH_URL'] = `http://127.0.0.1:${String(ports.opensearch)}`;
    settings['METASTORE_NO_SECURITY_PLUGIN_COMPATIBILITY'] = 'true';
    settings['METAFOLD_BINARY2_INDEX_CONFIG'] = singleNodeIndex;
    settings['METASTORE_STATUS_INDEX_CONFIG'] = singleNodeIndex;
    settings['METASTORE_PLUGIN_INDEX_CONFIG'] = singleNodeIndex;
  }
  if (running.includes('registry')) settings['METAFOLD_REGISTRY_URL'] = `http://127.0.0.1:${String(ports.registry)}/apis/ccompat/v7`;
  if (running.includes('redis')) settings['METAFOLD_REDIS_URL'] = `redis://127.0.0.1:${String(ports.redis)}`;
  return settings;
}

/** A value as a shell reads it back unchanged. */
export function shellQuote(value: string): string {
  return /^[A-Za-z0-9_./:@%+,=-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

/** Lines for `eval "$(metafold stack env)"`. */
export function exportLines(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `export ${name}=${shellQuote(value)}\n`)
    .join('');
}
