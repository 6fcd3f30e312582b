/**
 * Every setting: its name, default, unit and reader (spec 06 §8.1, §8.2, §8.4). A name that is not here is unknown. Settings that
 * no command of metafold reads yet are listed all the same: an installation's environment is taken over as it is.
 */
import { DEFAULT_BINARY_INDEX_CONFIG, DEFAULT_INDEX_CONFIG } from '../../projections/templates.js';
import { apiKeys } from './collections.js';
import { redisAddresses } from './redis.js';
import { readSources } from './sources.js';
import {
  boolean,
  brokers,
  duration,
  forbidden,
  indexConfig,
  integer,
  matching,
  oneOf,
  secretText,
  seconds,
  text,
  textMap,
  texts,
  textsMap,
  url,
  type Reader,
} from './values.js';

/** secret: never shown; address: shown without the password in it. */
export type Visibility = 'plain' | 'secret' | 'address';

export interface Setting<T> {
  /** As it would be written in the environment; read like any other value. */
  readonly default: unknown;
  readonly read: Reader<T>;
  readonly visibility: Visibility;
}

const plain = <T>(read: Reader<T>, fallback: unknown): Setting<T> => ({ default: fallback, read, visibility: 'plain' });
const secret = (fallback = ''): Setting<string> => ({ default: fallback, read: secretText, visibility: 'secret' });
const address = (read: Reader<string>): Setting<string> => ({ default: '', read, visibility: 'address' });
/** Taken as it is; `parseSecuritySettings` reads it. */
const untouched: Reader<unknown> = (_name, value) => value;

const LOG_LEVELS = ['FATAL', 'CRITICAL', 'ERROR', 'WARN', 'WARNING', 'INFO', 'DEBUG'] as const;
const DAY_COUNT = integer(0, 100_000);
const DURATION = { default: '2 weeks', read: duration, visibility: 'plain' } as const;
const PARTITION = matching(
  /^[^-_+.\sA-Z\\/*?"<>|,#:][^\sA-Z\\/*?"<>|,#:]*$/,
  'a part of an index name: lower case, without space or any of \\ / * ? " < > | , # :',
);
const TOPIC_PREFIX = matching(/^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/, 'a part of a topic name: letters, digits, "_", "-" and "."');
const API_PREFIX = matching(/^(?:\/[A-Za-z0-9._~-]+)+$/, 'a path such as "/api"');
const ROOT_PATH = matching(/^\/(?:[A-Za-z0-9._~-]+\/?)*$/, 'a path such as "/" or "/azul"');
const DOMAIN = matching(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, 'a domain: 1 to 64 letters, digits, ".", "_", "@" and "-"');
const LISTEN = matching(/^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$/, 'an address to listen on such as "127.0.0.1:8091"');
const MEBIBYTE = 1_048_576;

export const SETTINGS = {
  metastore_opensearch_url: address(url('https:', 'http:')),
  metastore_opensearch_username: plain(text, 'azul_writer'),
  metastore_opensearch_password: secret(),
  metastore_opensearch_admin_username: plain(text, 'azul_admin'),
  metastore_opensearch_admin_password: secret(),
  metastore_opensearch_azul_security_username: plain(text, 'azul_security'),
  metastore_opensearch_azul_security_password: secret(),
  metastore_opensearch_azul_security_index: plain(text, 'security_azul'),
  metastore_certificate_verification: plain(boolean, true),
  metastore_jwt_signing_secret: secret(),
  metastore_partition: plain(PARTITION, 'dev01'),
  metastore_ingestor_version_suffix: plain(integer(0, 1_000_000_000), 0),
  metastore_dispatcher_events_url: address(url('http:', 'https:')),
  metastore_dispatcher_streams_url: address(url('http:', 'https:')),
  metastore_log_level: plain(oneOf(...LOG_LEVELS), 'INFO'),
  metastore_log_opensearch_queries: plain(boolean, false),
  metastore_error_log_file_path: plain(text, ''),
  metastore_error_log_days_to_retain: plain(DAY_COUNT, 30),
  metastore_special_log_file_path: plain(text, ''),
  metastore_special_log_file_days_to_retain: plain(DAY_COUNT, 30),
  metastore_special_log_outer_format: plain(text, ''),
  metastore_special_log_message_format: plain(text, ''),
  metastore_sources: plain(readSources, {}),
  metastore_status_index_config: plain(indexConfig(DEFAULT_INDEX_CONFIG), DEFAULT_INDEX_CONFIG),
  metastore_plugin_index_config: plain(indexConfig(DEFAULT_INDEX_CONFIG), DEFAULT_INDEX_CONFIG),
  metastore_status_partition_unit: plain(oneOf('all', 'year', 'month', 'week', 'day'), 'week'),
  metastore_status_expire_events: DURATION,
  metastore_no_security_plugin_compatibility: plain(boolean, false),
  metastore_prometheus_port: plain(integer(0, 65_535), 8900),
  metastore_admin_check_bypass: plain(boolean, false),
  metastore_admin_role: plain(text, 'admin'),
  metastore_smart_string_filter_url: address(url('http:', 'https:')),
  metastore_purge_sha256_folder: plain(text, ''),
  metastore_warn_on_event_count: plain(integer(0, 1_000_000_000), 10_000),
  metastore_binary2_cache_count: plain(integer(0, 1_000_000_000), 1_000_000),
  metastore_readonly_mode: plain(boolean, false),

  security_labels: plain(untouched, undefined),
  security_allow_releasability_priority_gte: plain(untouched, undefined),
  security_admin_roles: plain(untouched, undefined),
  security_default: plain(untouched, undefined),
  security_presets: plain(untouched, undefined),
  security_minimum_required_access: plain(untouched, undefined),

  restapi_host: plain(text, 'localhost'),
  restapi_port: plain(integer(0, 65_535), 8080),
  restapi_prefix: plain(API_PREFIX, '/api'),
  restapi_root_path: plain(ROOT_PATH, '/'),
  restapi_security: plain(oneOf('none', 'oidc', 'oidc_legacy'), 'none'),
  restapi_headers: plain(textMap, {}),
  cors_allow_origins: plain(texts, []),
  cors_allow_methods: plain(texts, []),
  cors_allow_headers: plain(texts, []),
  cors_allow_credentials: plain(boolean, false),
  oidc_authority_url: plain(url('http:', 'https:'), 'http://localhost:8080/auth/realms/azul'),
  oidc_discovery_url: plain(forbidden('nothing: it is oidc_authority_url with /.well-known/openid-configuration'), ''),
  oidc_client_id: plain(text, 'web'),
  oidc_scopes: plain(text, 'openid profile email offline_access'),
  oidc_roles_key: plain(text, 'roles'),
  oidc_username_key: plain(text, 'preferred_username'),
  oidc_cache_ttl: plain(integer(0, 86_400), 600),
  oidc_swagger_redirect_url: plain(text, '/api/oauth2-redirect'),

  metafold_settings: plain(text, ''),
  metafold_data: plain(text, ''),
  metafold_cache: plain(text, ''),
  metafold_kafka_brokers: plain(brokers, ''),
  metafold_topic_prefix: plain(TOPIC_PREFIX, 'test01'),
  metafold_kafka_security_protocol: plain(oneOf('plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl'), 'plaintext'),
  metafold_kafka_sasl_mechanism: plain(oneOf('', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'), ''),
  metafold_kafka_sasl_username: plain(text, ''),
  metafold_kafka_sasl_password: secret(),
  metafold_kafka_ssl_ca_location: plain(text, ''),
  metafold_kafka_ssl_certificate_location: plain(text, ''),
  metafold_kafka_ssl_key_location: plain(text, ''),
  metafold_kafka_ssl_key_password: secret(),
  metafold_registry_url: address(url('http:', 'https:')),
  metafold_redis_url: address(redisAddresses),
  metafold_redis_ssl_ca_location: plain(text, ''),
  metafold_redis_ssl_certificate_location: plain(text, ''),
  metafold_redis_ssl_key_location: plain(text, ''),
  metafold_binary2_index_config: plain(indexConfig(DEFAULT_BINARY_INDEX_CONFIG), DEFAULT_BINARY_INDEX_CONFIG),
  metafold_entropy_engine: plain(oneOf('lucene', 'faiss', 'off'), 'lucene'),
  /** How many contributions a document remembers. */
  metafold_max_contributions: plain(integer(1, 100_000), 200),
  /** Seconds after which a removal is repeated. */
  metafold_settle_seconds: plain(seconds(86_400), 10),
  metafold_age_off_apply: plain(boolean, false),
  metafold_age_off_interval_seconds: plain(integer(1, 31_536_000), 3600),
  metafold_lost_tasks_redis_url: address(url('redis:', 'rediss:')),
  metafold_lost_tasks_after_minutes: plain(integer(1, 1_000_000), 30),
  metafold_lost_tasks_interval_minutes: plain(integer(1, 1_000_000), 30),
  metafold_purge_wait_seconds: plain(integer(0, 86_400), 600),
  metafold_label_source: plain(oneOf('', 'token', 'account', 'all'), ''),
  /** Role of a token to labels. */
  metafold_role_map: plain(textsMap, {}),
  metafold_privileged_roles: plain(texts, []),
  metafold_opensearch_identity: plain(oneOf('service', 'caller'), 'service'),
  /** Seconds that OpenSearch has for an answer to a caller. */
  metafold_api_timeout_seconds: plain(integer(1, 600), 30),
  /** Requests a minute of one caller; 0 = no limit. */
  metafold_api_rate_limit: plain(integer(0, 10_000_000), 6_000),
  /** Requests under way at a time; more are shed. */
  metafold_api_max_in_flight: plain(integer(1, 100_000), 256),
  /** Bytes of a request body. */
  metafold_api_body_limit: plain(integer(1024, 1024 * MEBIBYTE), 8 * MEBIBYTE),
  /** Seconds for which the plugin registrations in memory are used before they are read again. */
  metafold_api_model_seconds: plain(integer(0, 3_600), 30),
  /** Whether X-Forwarded-For names the caller, as behind a proxy that sets it. */
  metafold_api_trust_proxy: plain(boolean, false),
  /** API key to `{secret, domain, labels}`: who may create and look up collections. */
  metafold_collections_keys: { default: {}, read: apiKeys, visibility: 'secret' },
  /** The same in a file. */
  metafold_collections_keys_file: plain(text, ''),
  /** Domain of callers with a bearer token. */
  metafold_collections_token_domain: plain(DOMAIN, 'self'),
  /** Seconds by which record times may differ from event times at a task's start. */
  metafold_collections_clock_skew: plain(integer(0, 31_536_000), 300),
  metafold_collections_key_hash: plain(oneOf('md5', 'sha256-128'), 'md5'),
  /** Live tasks in one domain. */
  metafold_collections_max_tasks: plain(integer(1, 100_000), 200),
  /** Seconds that a window waits for events behind the greatest eventdate seen. */
  metafold_collections_max_out_of_order: plain(integer(0, 31_536_000), 60),
  metafold_collections_max_groups: plain(integer(1, 1_000_000_000), 1_000_000),
  metafold_collections_max_group_rows: plain(integer(1, 1_000_000_000), 2_000_000),
  /** What look-ups see between a delete and the end of the rebuild that it causes. */
  metafold_collections_delete_visibility: plain(oneOf('serve', 'hide'), 'serve'),
  metafold_collections_admin_listen: plain(LISTEN, '127.0.0.1:8091'),
  /** Bearer token of the private endpoint; without one it is not served. */
  metafold_collections_admin_token: secret(),
  /** Records asked of Kafka at a time. */
  metafold_fetch_records: plain(integer(1, 100_000), 400),
  /** Bytes of one bulk request. */
  metafold_bulk_bytes: plain(integer(1024, 96 * MEBIBYTE), 8 * MEBIBYTE),
  /** Bulk requests under way at a time. */
  metafold_bulk_concurrency: plain(integer(1, 64), 2),
  metafold_commit_interval_ms: plain(integer(100, 600_000), 3000),
  metafold_topic_refresh_ms: plain(integer(500, 600_000), 10_000),
  /** A worker that is gone for so long gives its partitions to the others. */
  metafold_session_timeout_ms: plain(integer(6_000, 300_000), 10_000),
  /** Bytes of operations held before consumption pauses. */
  metafold_max_in_flight_bytes: plain(integer(MEBIBYTE, 4096 * MEBIBYTE), 24 * MEBIBYTE),
} satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof SETTINGS;
export type SettingValue<N extends SettingName> = (typeof SETTINGS)[N] extends Setting<infer T> ? T : never;

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}
