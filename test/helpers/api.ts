/** The read API in this process over a real stack, asked as callers with different labels. Every search that it sends is checked to be secured. */
import type { InjectOptions } from 'fastify';
import * as assert from 'uvu/assert';
import { openServices } from '../../src/api/open-services.js';
import type { ApiMetrics } from '../../src/api/metrics.js';
import { createApi } from '../../src/api/server.js';
import type { ApiServices } from '../../src/api/services.js';
import { loadConfig } from '../../src/config/index.js';
import { createLogger } from '../../src/log.js';
import type { Arena } from './arena.js';
import type { StoredDocument } from './api-history.js';
import { assertSecured } from './assert-secured.js';
import type { Environment } from './metafold.js';
import { startOidcProvider, type TestOidcProvider } from './oidc-provider.js';

/** Roles of the callers that tests ask as. None of the first three may read all. */
export const CALLERS = {
  low: ['azul_read', 'LOW'],
  medium: ['azul_read', 'LOW', 'MEDIUM', 'MOD1', 'REL:APPLE'],
  high: ['azul_read', 'LOW', 'MEDIUM', 'HIGH', 'MOD2', 'REL:BEE'],
  all: [
    'azul_read',
    'LOW',
    'LOW: LY',
    'MEDIUM',
    'HIGH',
    'TOP HIGH',
    'MOD1',
    'MOD2',
    'MOD3',
    'HANOVERLAP',
    'OVER',
    'REL:APPLE',
    'REL:BEE',
    'REL:CAR',
  ],
} as const;

export type CallerName = keyof typeof CALLERS;
export const CALLER_NAMES = Object.keys(CALLERS) as CallerName[];

export interface Answer<T = unknown> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  readonly text: string;
  /** The body as JSON; undefined when it is not. */
  readonly body: T;
}

export interface Ask {
  readonly method?: 'GET' | 'POST' | 'HEAD' | 'PUT' | 'DELETE' | 'OPTIONS';
  /** Sent as it is when it is text or bytes, else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Roles in place of the caller's, or more claims. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** An enveloped body. */
export interface Envelope<T> {
  readonly data: T;
  readonly meta: { readonly security: string; readonly sec_filter: string | null; readonly queries?: readonly unknown[] };
}

export interface TestApi {
  readonly provider: TestOidcProvider;
  /** Asks `/api` + path. */
  ask<T = unknown>(caller: CallerName, path: string, ask?: Ask): Promise<Answer<T>>;
  /** Asks any path without a token. */
  askAnonymously<T = unknown>(path: string, ask?: Ask): Promise<Answer<T>>;
  /** How many searches were sent and checked so far. */
  searches(): number;
  /** Opens a port for what needs a connection of its own; its address with the prefix. */
  listen(): Promise<string>;
  /** A token of the caller. */
  tokenOf(caller: CallerName): Promise<string>;
  readonly metrics: ApiMetrics;
  close(): Promise<void>;
}

/** The settings and `models` are those that a test is about. */
export async function startTestApi(arena: Arena, settings: Environment = {}, models: Partial<ApiServices> = {}): Promise<TestApi> {
  const provider = await startOidcProvider();
  const environment: Environment = {
    ...arena.environment,
    RESTAPI_SECURITY: 'oidc',
    OIDC_AUTHORITY_URL: provider.url,
    METAFOLD_LABEL_SOURCE: 'token',
    METAFOLD_API_RATE_LIMIT: '0',
    ...settings,
  };
  const config = await loadConfig(environment, { need: ['opensearch', 'security', 'api'], optional: ['kafka'] });
  const { api } = config;
  const { services, close } = await openServices(config, createLogger('error'));
  let searches = 0;
  const app = await createApi({
    ...services,
    ...models,
    onBody: (rule, body) => {
      searches++;
      assertSecured(rule, body);
    },
  });
  const inject = async <T>(url: string, { method = 'GET', body, headers = {} }: Ask): Promise<Answer<T>> => {
    const options: InjectOptions = {
      method,
      url,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
    };
    const response = await app.inject(options);
    return { status: response.statusCode, headers: response.headers, text: response.body, body: parsed(response.body) as T };
  };
  const tokenOf = (caller: CallerName, claims: Ask['claims'] = {}): Promise<string> =>
    provider.sign({ sub: caller, preferred_username: caller, roles: CALLERS[caller], ...claims });
  return {
    provider,
    tokenOf,
    listen: async () => `${await app.listen({ host: '127.0.0.1', port: 0 })}${api.prefix}`,
    async ask<T>(caller: CallerName, path: string, ask: Ask = {}) {
      const token = await tokenOf(caller, ask.claims);
      return inject<T>(`${api.prefix}${path}`, { ...ask, headers: { authorization: `Bearer ${token}`, ...ask.headers } });
    },
    askAnonymously: <T>(path: string, ask: Ask = {}) => inject<T>(path, ask),
    searches: () => searches,
    metrics: services.metrics,
    async close() {
      await app.close();
      await close();
      await provider.stop();
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Checks that the answer is a 404 with this message and nothing else. */
export function missing(answer: Answer, message: string): void {
  assert.is(answer.status, 404);
  assert.equal(answer.body, { ref: '', message });
}

interface Encoded {
  readonly exclusive: readonly string[];
  readonly inclusive: readonly string[];
}

/** Whether a caller may see a document: the rule of spec 03 §5 in the words of this file. The fixtures enforce no TLP. */
export function sees(caller: CallerName, { source }: StoredDocument): boolean {
  const held = new Set(['s-any', ...CALLERS[caller].map((role) => `s-${role.toLowerCase().replace(/[^a-z0-9_-]/g, '-')}`)]);
  const { exclusive, inclusive } = source['encoded_security'] as Encoded;
  return exclusive.every((label) => held.has(label)) && inclusive.some((label) => held.has(label));
}
