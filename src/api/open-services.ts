/** Opens what the routes share, as the configuration says, and closes it again. */
import type { FastifyBaseLogger } from 'fastify';
import { checkOpenSearchIdentity, createGrants, resolveLabelSource, type LabelSource } from '../access/grants.js';
import { createAuthenticator } from '../access/identity.js';
import type { KafkaConfig } from '../config/index.js';
import type { Logger } from '../log.js';
import { createOpenSearchClient } from '../opensearch/client.js';
import { createCredentials } from '../collections/credentials/index.js';
import { createCollectionsBackend } from './collections/index.js';
import { openResultCache } from './cache/index.js';
import { createApiMetrics } from './metrics.js';
import { createModel } from './model.js';
import { createPluginModel } from './plugin-model.js';
import { createEventLog } from './provenance/event-log.js';
import type { ApiServices, ApiSettings } from './services.js';

export interface OpenServices {
  readonly services: ApiServices;
  /** Where the labels of callers come from. */
  readonly labelSource: LabelSource;
  readonly close: () => Promise<void>;
}

/**
 * Kafka is only needed for what is answered from the log. Throws MF_CONFIG for settings that contradict each other, and with
 * `oidc_legacy` when the identity provider is of no use.
 */
export async function openServices(
  config: ApiSettings & { readonly kafka?: KafkaConfig },
  log: Logger & FastifyBaseLogger,
): Promise<OpenServices> {
  const { api, security, opensearch, partition, kafka, registryUrl } = config;
  const labelSource = resolveLabelSource(api.labelSource, api.security, api.noSecurityPlugin);
  checkOpenSearchIdentity(api.identity, api.security);
  const authenticator = await createAuthenticator({ mode: api.security, ...api.oidc, log });
  const grants = createGrants({
    source: labelSource,
    policy: security,
    roleMap: api.roleMap,
    privilegedRoles: api.privilegedRoles,
    adminRole: api.adminRole,
    opensearchUrl: opensearch.url,
    verifyCertificates: opensearch.verifyCertificates,
  });
  // Callers wait for what is asked: it is repeated by none but them, and given up in time.
  const patience = { maxRetries: 0, requestTimeoutMs: (api.timeoutSeconds + 1) * 1_000, exactIntegers: true };
  const client = createOpenSearchClient(opensearch, patience);
  const callerClient = api.identity === 'caller' ? createOpenSearchClient({ ...opensearch, password: '' }, patience) : client;
  const metrics = createApiMetrics();
  const cache = await openResultCache({ config, client, metrics, log });
  const eventLog = kafka && createEventLog({ kafka, registryUrl, log });
  const { collections: settings } = config;
  const credentials = createCredentials({ settings, policy: security, security: api.security, authenticator, grants });
  const backend = createCollectionsBackend({ kafka, redis: config.redis, log });
  return {
    services: {
      config,
      client,
      callerClient,
      authenticator,
      grants,
      plugins: createPluginModel({ client, partition, ttlSeconds: api.modelSeconds }),
      model: createModel(client, partition),
      cache,
      eventLog,
      collections: { settings, backend, credentials },
      metrics,
      log,
    },
    labelSource,
    async close() {
      await authenticator.close();
      await grants.close();
      await eventLog?.close();
      await backend.close();
      cache.close();
      await client.close();
      if (callerClient !== client) await callerClient.close();
    },
  };
}
