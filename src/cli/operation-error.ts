/** Failures of the clients as errors with code, for commands that talk to Kafka, OpenSearch and Redis. */
import { errors } from '@opensearch-project/opensearch';
import { KafkaRequestError } from '../../streams/admin.js';
import { KafkaClientError } from '../../streams/client-trouble.js';
import { StoreOutage, StoreRefusal } from '../redis/index.js';
import { TopicOutage } from '../collections/tasks/store.js';
import { MetafoldError } from '../errors.js';
import { openSearchError } from '../opensearch/client.js';
import { TemplateVersionError } from '../opensearch/templates.js';
import { BulkRequestError } from '../sinks/opensearch-sink.js';

export function operationError(error: unknown, what: string): unknown {
  if (error instanceof MetafoldError) return error;
  if (error instanceof KafkaRequestError || error instanceof KafkaClientError || error instanceof TopicOutage)
    return new MetafoldError('MF_KAFKA', error.message, {}, { cause: error });
  if (error instanceof StoreOutage || error instanceof StoreRefusal)
    return new MetafoldError('MF_REDIS', error.message, {}, { cause: error });
  if (error instanceof TemplateVersionError) return new MetafoldError('MF_TEMPLATE_VERSION', error.message, {}, { cause: error });
  return error instanceof errors.OpenSearchClientError || error instanceof BulkRequestError ? openSearchError(error, what) : error;
}
