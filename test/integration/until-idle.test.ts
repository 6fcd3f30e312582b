/** A worker that returns once it is idle: what it has folded is found by whoever searches then, however late OpenSearch would have shown it by itself. */
import * as assert from 'uvu/assert';
import { createArena, opensearch } from '../helpers/arena.js';
import { expectedDocuments } from '../helpers/history.js';
import { integration } from '../helpers/integration.js';

const test = integration('until idle');

const NEVER = JSON.stringify({ number_of_shards: 1, number_of_replicas: 0, refresh_interval: '-1' });

for (const history of ['history-plain', 'history-full']) {
  test(`everything of ${history} is searchable at the end`, async () => {
    const arena = createArena({
      METAFOLD_BINARY2_INDEX_CONFIG: NEVER,
      METASTORE_STATUS_INDEX_CONFIG: NEVER,
      METASTORE_PLUGIN_INDEX_CONFIG: NEVER,
    });
    try {
      await arena.publish(history);
      await arena.fold();
      const { count } = await opensearch<{ count: number }>('POST', `/azul.*.${arena.partition}.*/_count`);
      assert.is(count, expectedDocuments(history, arena.partition).size);
    } finally {
      await arena.close();
    }
  });
}
