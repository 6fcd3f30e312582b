/** What all routes share: configuration, servers and the models in memory. Made once at the start. */
import type { Client } from '@opensearch-project/opensearch';
import type { FastifyBaseLogger } from 'fastify';
import type { Authenticator } from '../access/identity.js';
import type { GrantSource } from '../access/grants.js';
import type { ReadRule } from '../access/read-rule.js';
import type { Fields } from '../access/query.js';
import type { Config } from '../config/index.js';
import type { CollectionsService } from './collections/index.js';
import type { ResultCache } from './cache/index.js';
import type { ApiMetrics } from './metrics.js';
import type { PluginModel } from './plugin-model.js';
import type { Model } from './model.js';
import type { EventLog } from './provenance/event-log.js';

export type ApiSettings = Config<'opensearch' | 'security' | 'api'>;

export interface ApiServices {
  readonly config: ApiSettings;
  /** The service account's client; what is sent for a caller goes through a reader. */
  readonly client: Client;
  /** Whose client readers use: the service account's, or one without credentials when callers bring their own. */
  readonly callerClient: Client;
  readonly authenticator: Authenticator;
  readonly grants: GrantSource;
  /** What plugins are registered, in memory. */
  readonly plugins: PluginModel;
  /** The searchable keys and the names of features. */
  readonly model: Model;
  readonly cache: ResultCache;
  readonly metrics: ApiMetrics;
  /** Absent without Kafka, which only answers from the log need. */
  readonly eventLog?: EventLog | undefined;
  /** Absent where only the read API is served, as in tests of it. */
  readonly collections?: CollectionsService | undefined;
  readonly log: FastifyBaseLogger;
  /** See `ReaderOptions.onBody`. */
  readonly onBody?: ((rule: ReadRule, body: Fields) => void) | undefined;
}
