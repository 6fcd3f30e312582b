/** Failures of the clients as errors with code, for commands that talk to Kafka and OpenSearch. */
import { errors } from '@opensearch-project/opensearch';
import { KafkaRequestError } from '../../streams/admin.js';
import { MetafoldError } from '../errors.js';
import { openSearchError } from '../opensearch/client.js';
import { TemplateVersionError } from '../opensearch/templates.js';
import { BulkRequestError } from '../sinks/opensearch-sink.js';

export function operationError(error: unknown, what: string): unknown {
  if (error instanceof MetafoldError) return error;
  if (error instanceof KafkaRequestError) return new MetafoldError('MF_KAFKA', error.message, {}, { cause: error });
  if (error instanceof TemplateVersionError) return new MetafoldError('MF_TEMPLATE_VERSION', error.message, {}, { cause: error });
  return error instanceof errors.OpenSearchClientError || error instanceof BulkRequestError ? openSearchError(error, what) : error;
}
