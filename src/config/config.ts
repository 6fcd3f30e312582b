/**
 * The configuration: read once at the start, frozen, and passed down as values. A command names the sections it needs, so that
 * loading test data does not ask for security labels; a section that was not asked for is not there.
 */
import { accessSync, constants } from 'node:fs';
import { createSecurityPolicy, type SecurityPolicy } from '../../projections/security/policy.js';
import { parseSecuritySettings } from '../../projections/security/settings.js';
import type { EntropyEngine } from '../../projections/binary/mapping.js';
import type { PartitionUnit } from '../../projections/settings.js';
import { DEFAULT_INDEX_CONFIG, type IndexConfig } from '../../projections/templates.js';
import { MetafoldError, messageOf, unreadableFile } from '../errors.js';
import { findRunningStack } from '../stack/discover.js';
import { collectionsConfig, type CollectionsConfig } from './collections.js';
import { apiConfig, type ApiConfig } from './api.js';
import { maskedSettings, type ShownSetting } from './mask.js';
import { gatherSettings, isGiven, readValues, withStackSettings, type Environment, type RawSettings, type Values } from './raw.js';
import { redisConfig, redisRemarks, type RedisConfig } from './redis.js';
import type { SettingName } from './settings.js';
import type { SourceSettings } from './sources.js';

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug';
export type Section = 'kafka' | 'opensearch' | 'security' | 'api';

export interface KafkaConfig {
  /** `host:port,…` as librdkafka takes it. */
  readonly brokers: string;
  readonly topicPrefix: string;
  /** TLS and SASL in librdkafka's names. */
  readonly client: Readonly<Record<string, string | number | boolean>>;
}

export interface OpenSearchConfig {
  readonly url: string;
  readonly username: string;
  /** "" = no credentials are sent. */
  readonly password: string;
  readonly verifyCertificates: boolean;
  readonly requestTimeoutMs: number;
}

export interface WorkerConfig {
  readonly fetchRecords: number;
  readonly bulkBytes: number;
  readonly bulkConcurrency: number;
  readonly commitIntervalMs: number;
  /** How often new topics are looked for. */
  readonly topicRefreshMs: number;
  /** How long a worker may be silent before its partitions go to the others. */
  readonly sessionTimeoutMs: number;
  readonly maxInFlightBytes: number;
}

/** What every command has. */
export interface BaseConfig {
  readonly partition: string;
  readonly topicPrefix: string;
  readonly ingestorVersionSuffix: number;
  readonly registryUrl: string | undefined;
  readonly redis: RedisConfig | undefined;
  readonly sources: ReadonlyMap<string, SourceSettings>;
  readonly statusPartitionUnit: PartitionUnit;
  /** Milliseconds; -1 = for ever. */
  readonly statusExpireMs: number;
  readonly indexConfig: {
    readonly binary2: IndexConfig;
    readonly status: IndexConfig;
    readonly plugin: IndexConfig;
    readonly annotation: IndexConfig;
    readonly cache: IndexConfig;
  };
  readonly entropyEngine: EntropyEngine;
  readonly maxContributions: number;
  readonly settleSeconds: number;
  /** 0 = no server. */
  readonly prometheusPort: number;
  readonly logLevel: LogLevel;
  readonly worker: WorkerConfig;
  readonly collections: CollectionsConfig;
  /** Remarks for the log: unknown names, settings without effect. */
  readonly warnings: readonly string[];
  /** Every setting with its origin, secrets masked. */
  readonly shown: Readonly<Record<string, ShownSetting>>;
}

export interface Sections {
  readonly kafka: KafkaConfig;
  readonly opensearch: OpenSearchConfig;
  readonly security: SecurityPolicy;
  readonly api: ApiConfig;
}

/** A configuration with the sections that were asked for; without argument, with those of a fold. */
export type Config<S extends Section = Exclude<Section, 'api'>> = BaseConfig & Pick<Sections, S>;

/** Sections with an address of their own. */
type Addressed = keyof typeof ADDRESSES;

export interface LoadOptions<S extends Section, O extends Addressed = never> {
  readonly need: readonly S[];
  /** Sections that are there if their address is given or the local stack has it. */
  readonly optional?: readonly O[];
  /** How the local stack is found; a test puts its own here. */
  readonly findStack?: (dataFolder?: string) => Promise<Record<string, string> | undefined>;
}

/** The peer's client: 120 s. */
const REQUEST_TIMEOUT_MS = 120_000;

const LOG_LEVELS: Readonly<Record<Values['metastore_log_level'], LogLevel>> = {
  FATAL: 'fatal',
  CRITICAL: 'fatal',
  ERROR: 'error',
  WARN: 'warn',
  WARNING: 'warn',
  INFO: 'info',
  DEBUG: 'debug',
};

/** Addresses by section: when none is given at all, the running local stack is used. */
const ADDRESSES = { kafka: 'metafold_kafka_brokers', opensearch: 'metastore_opensearch_url' } as const satisfies Record<
  string,
  SettingName
>;

/**
 * Reads the configuration from the environment, the file that METAFOLD_SETTINGS names and, where no address is given, the running
 * local stack. Throws MF_CONFIG naming the setting, its value and what was expected.
 */
export async function loadConfig<S extends Section, O extends Addressed = never>(
  env: Environment,
  options: LoadOptions<S, O>,
): Promise<Config<S> & Partial<Pick<Sections, O>>> {
  const raw = await gatherWithStack(env, options.findStack);
  const values = readValues(raw);
  const wants = (section: Section): boolean =>
    (options.need as readonly Section[]).includes(section) ||
    (options.optional ?? []).some((each) => each === section && values[ADDRESSES[each]] !== '');
  const sections: Partial<Sections> = {
    ...(wants('kafka') && { kafka: kafkaConfig(values) }),
    ...(wants('opensearch') && { opensearch: openSearchConfig(values) }),
    ...(wants('security') && { security: securityPolicy(values) }),
    ...(wants('api') && { api: apiConfig(values) }),
  };
  const warnings = [...raw.warnings, ...values.metastore_sources.warnings, ...remarks(values), ...(sections.security?.warnings ?? [])];
  return deepFreeze({ ...baseConfig(values), ...sections, warnings, shown: maskedSettings(raw) }) as unknown as Config<S> &
    Partial<Pick<Sections, O>>;
}

/** The settings as given, with those of the local stack where no address was; for `config` and `doctor`. */
export async function gatherWithStack(
  env: Environment,
  findStack: LoadOptions<Section>['findStack'] = findRunningStack,
): Promise<RawSettings> {
  const raw = gatherSettings(env);
  if (Object.values(ADDRESSES).some((name) => isGiven(raw, name))) return raw;
  const folder = raw.given.get('metafold_data')?.value;
  const stack = await findStack(typeof folder === 'string' && folder !== '' ? folder : undefined);
  return stack === undefined ? raw : withStackSettings(raw, stack);
}

function addressOf(values: Values, section: keyof typeof ADDRESSES): string {
  const name = ADDRESSES[section];
  if (values[name] !== '') return values[name];
  const other = Object.values(ADDRESSES).find((each) => values[each] !== '');
  const found = other === undefined ? 'and no local stack runs' : `though ${other.toUpperCase()} is`;
  const message = `${name.toUpperCase()} is not set ${found}: set it, or unset all addresses and run \`metafold stack up\``;
  throw new MetafoldError('MF_CONFIG', message, { setting: name });
}

const KAFKA_FILES = [
  'metafold_kafka_ssl_ca_location',
  'metafold_kafka_ssl_certificate_location',
  'metafold_kafka_ssl_key_location',
] as const;

/** The Kafka client says of a file that it cannot read no more than that its state is erroneous. */
function requireReadable(setting: string, path: string): void {
  if (path === '') return;
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw unreadableFile(setting, path, error);
  }
}

function kafkaConfig(values: Values): KafkaConfig {
  const brokers = addressOf(values, 'kafka');
  const protocol = values.metafold_kafka_security_protocol;
  if (protocol.startsWith('sasl') && values.metafold_kafka_sasl_mechanism === '') {
    const message = `metafold_kafka_sasl_mechanism: nothing, expected PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512 because metafold_kafka_security_protocol is ${protocol}`;
    throw new MetafoldError('MF_CONFIG', message, { setting: 'metafold_kafka_sasl_mechanism' });
  }
  for (const name of KAFKA_FILES) requireReadable(name, values[name]);
  const client: Record<string, string> = { 'security.protocol': protocol };
  const set = (name: string, value: string): void => {
    if (value !== '') client[name] = value;
  };
  set('sasl.mechanism', values.metafold_kafka_sasl_mechanism);
  set('sasl.username', values.metafold_kafka_sasl_username);
  set('sasl.password', values.metafold_kafka_sasl_password);
  set('ssl.ca.location', values.metafold_kafka_ssl_ca_location);
  set('ssl.certificate.location', values.metafold_kafka_ssl_certificate_location);
  set('ssl.key.location', values.metafold_kafka_ssl_key_location);
  set('ssl.key.password', values.metafold_kafka_ssl_key_password);
  return { brokers, topicPrefix: values.metafold_topic_prefix, client };
}

function openSearchConfig(values: Values): OpenSearchConfig {
  return {
    url: addressOf(values, 'opensearch'),
    username: values.metastore_opensearch_username,
    password: values.metastore_opensearch_password,
    verifyCertificates: values.metastore_certificate_verification,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
  };
}

function securityPolicy(values: Values): SecurityPolicy {
  if (values.security_labels === undefined) {
    const message =
      'SECURITY_LABELS is not set: set it, or name a settings file by METAFOLD_SETTINGS, such as `metafold generate --settings` writes';
    throw new MetafoldError('MF_CONFIG', message, { setting: 'SECURITY_LABELS' });
  }
  try {
    return createSecurityPolicy(
      parseSecuritySettings({
        labels: values.security_labels,
        default: values.security_default,
        presets: values.security_presets,
        minimum_required_access: values.security_minimum_required_access,
        allow_releasability_priority_gte: values.security_allow_releasability_priority_gte,
        admin_roles: values.security_admin_roles,
      }),
    );
  } catch (error) {
    const { code } = error as { code?: unknown };
    const name = typeof code === 'string' ? code : 'Error';
    throw new MetafoldError('MF_CONFIG', `security settings: ${name}: ${messageOf(error)}`, { reason: name }, { cause: error });
  }
}

function baseConfig(values: Values): Omit<BaseConfig, 'warnings' | 'shown'> {
  return {
    partition: values.metastore_partition,
    topicPrefix: values.metafold_topic_prefix,
    ingestorVersionSuffix: values.metastore_ingestor_version_suffix,
    registryUrl: values.metafold_registry_url || undefined,
    redis: redisConfig(values),
    sources: values.metastore_sources.sources,
    statusPartitionUnit: values.metastore_status_partition_unit,
    statusExpireMs: values.metastore_status_expire_events,
    indexConfig: {
      binary2: values.metafold_binary2_index_config,
      status: values.metastore_status_index_config,
      plugin: values.metastore_plugin_index_config,
      annotation: DEFAULT_INDEX_CONFIG,
      cache: DEFAULT_INDEX_CONFIG,
    },
    entropyEngine: values.metafold_entropy_engine,
    maxContributions: values.metafold_max_contributions,
    settleSeconds: values.metafold_settle_seconds,
    prometheusPort: values.metastore_prometheus_port,
    logLevel: LOG_LEVELS[values.metastore_log_level],
    worker: {
      fetchRecords: values.metafold_fetch_records,
      bulkBytes: values.metafold_bulk_bytes,
      bulkConcurrency: values.metafold_bulk_concurrency,
      commitIntervalMs: values.metafold_commit_interval_ms,
      topicRefreshMs: values.metafold_topic_refresh_ms,
      sessionTimeoutMs: values.metafold_session_timeout_ms,
      maxInFlightBytes: values.metafold_max_in_flight_bytes,
    },
    collections: collectionsConfig(values),
  };
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** What is allowed but probably not meant. */
function remarks(values: Values): string[] {
  const found: string[] = [];
  const url = values.metastore_opensearch_url;
  if (url.startsWith('http:') && !LOOPBACK.has(new URL(url).hostname)) {
    found.push('metastore_opensearch_url: http without TLS sends credentials and documents in the clear');
  }
  if (/-g[0-9]+$/.test(values.metastore_partition)) {
    found.push(
      `metastore_partition: "${values.metastore_partition}" looks like a generation; indices of generations are named <partition>-g<number>`,
    );
  }
  return [...found, ...redisRemarks(values)];
}

/** Freezes plain objects and arrays all the way down; what has a class or functions (policy, maps) is left as it is. */
function deepFreeze<T>(value: T): T {
  const prototype: unknown = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== Array.prototype) return value;
  if (Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const member of Object.values(value as object)) deepFreeze(member as unknown);
  return value;
}
