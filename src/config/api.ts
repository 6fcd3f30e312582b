/** What `metafold serve` is set to (spec 04 §2.1, 03 §8 and §10). */
import type { Values } from './raw.js';

export interface ApiConfig {
  readonly host: string;
  /** 0 = a free one. */
  readonly port: number;
  /** Prefix of all API routes, such as `/api`. */
  readonly prefix: string;
  /** External path that the server is mounted at, without trailing slash; "" for none. */
  readonly rootPath: string;
  readonly security: 'none' | 'oidc' | 'oidc_legacy';
  /** Added to every response. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cors: {
    readonly origins: readonly string[];
    readonly methods: readonly string[];
    readonly headers: readonly string[];
    readonly credentials: boolean;
  };
  readonly oidc: {
    readonly authorityUrl: string;
    readonly clientId: string;
    readonly scopes: string;
    readonly rolesKey: string;
    readonly usernameKey: string;
    readonly cacheTtlSeconds: number;
  };
  /** "" = the default of spec 03 §10.5. */
  readonly labelSource: '' | 'token' | 'account' | 'all';
  readonly roleMap: Readonly<Record<string, readonly string[]>>;
  readonly privilegedRoles: readonly string[];
  /** Role of an OpenSearch account that reads all. */
  readonly adminRole: string;
  readonly noSecurityPlugin: boolean;
  /** Whose credentials OpenSearch gets. */
  readonly identity: 'service' | 'caller';
  readonly warnOnEventCount: number;
  /** Where consumers are simulated; undefined = nowhere. */
  readonly dispatcherEventsUrl: string | undefined;
  readonly timeoutSeconds: number;
  /** Requests a minute of one caller; 0 = no limit. */
  readonly rateLimit: number;
  readonly maxInFlight: number;
  readonly bodyLimit: number;
  /** How long plugin registrations are kept in memory. */
  readonly modelSeconds: number;
  readonly trustProxy: boolean;
}

export function apiConfig(values: Values): ApiConfig {
  return {
    host: values.restapi_host,
    port: values.restapi_port,
    prefix: values.restapi_prefix,
    rootPath: values.restapi_root_path.replace(/\/+$/, ''),
    security: values.restapi_security,
    headers: values.restapi_headers,
    cors: {
      origins: values.cors_allow_origins,
      methods: values.cors_allow_methods,
      headers: values.cors_allow_headers,
      credentials: values.cors_allow_credentials,
    },
    oidc: {
      authorityUrl: values.oidc_authority_url,
      clientId: values.oidc_client_id,
      scopes: values.oidc_scopes,
      rolesKey: values.oidc_roles_key,
      usernameKey: values.oidc_username_key,
      cacheTtlSeconds: values.oidc_cache_ttl,
    },
    labelSource: values.metafold_label_source,
    roleMap: values.metafold_role_map,
    privilegedRoles: values.metafold_privileged_roles,
    adminRole: values.metastore_admin_role,
    noSecurityPlugin: values.metastore_no_security_plugin_compatibility,
    identity: values.metafold_opensearch_identity,
    warnOnEventCount: values.metastore_warn_on_event_count,
    dispatcherEventsUrl: values.metastore_dispatcher_events_url || undefined,
    timeoutSeconds: values.metafold_api_timeout_seconds,
    rateLimit: values.metafold_api_rate_limit,
    maxInFlight: values.metafold_api_max_in_flight,
    bodyLimit: values.metafold_api_body_limit,
    modelSeconds: values.metafold_api_model_seconds,
    trustProxy: values.metafold_api_trust_proxy,
  };
}
