/** Who asks, what they may read, and how their queries are limited: made for each request before its handler runs (spec 03 §6, §8, §10). */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { accessSummary, type UserSecurity } from '../../projections/security/access-summary.js';
import { SecurityError } from '../../projections/security/errors.js';
import { BadLabelError } from '../access/errors.js';
import { isAdmin, type Grants } from '../access/grants.js';
import { AccessError } from '../access/identity-errors.js';
import type { Identity, User } from '../access/identity.js';
import { createReadRule, type ReadRule } from '../access/read-rule.js';
import { ApiError, detailed, refused, type ErrorBody } from './api-error.js';
import { routeOf } from './audit.js';
import { headerText } from './headers.js';
import { createReader, type Reader } from './reader.js';
import type { ApiServices } from './services.js';

export interface Caller {
  readonly identity: Identity;
  readonly user: User;
  readonly grants: Grants;
  /** Labels as x and i leave them. */
  readonly access: UserSecurity;
  readonly admin: boolean;
}

/** A caller with the filter of one request. */
export interface Context extends Caller {
  readonly reader: Reader;
  readonly rule: ReadRule;
  /** A reader of the same rule for work that goes on after the answer; it stops with the signal, not with the request. */
  readerUntil(signal: AbortSignal): Reader;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once the caller is known. */
    caller: Caller | undefined;
    /** Set on routes that answer from documents. */
    context: Context | undefined;
    /** Aborted when the caller leaves before the answer is sent. */
    left: AbortController;
  }
  interface FastifyContextConfig {
    /** Needs no caller. */
    readonly open?: boolean;
    /** Answers from documents: takes x and i, needs read access. */
    readonly documents?: boolean;
  }
}

const MAX_SUMMARIES = 10_000;
const SUMMARY_TTL_MS = 60_000;

export interface CallerGate {
  /** Throws 401 for whoever is not known or lacks minimum access. */
  identify(request: FastifyRequest): Promise<Caller>;
  /** Adds reader and rule. Throws 403 without read access, 422 for labels in x or i that are not configured. */
  limit(request: FastifyRequest, caller: Caller): Context;
}

export function createCallerGate(services: ApiServices): CallerGate {
  const { config, authenticator, grants, callerClient, metrics, onBody } = services;
  const policy = config.security;
  const summaries = new LRUCache<string, UserSecurity>({ max: MAX_SUMMARIES, ttl: SUMMARY_TTL_MS });

  function summaryOf(labels: readonly string[], x: readonly string[], i: readonly string[]): UserSecurity {
    const key = createHash('sha256')
      .update(JSON.stringify([labels, x, i]))
      .digest('base64');
    const known = summaries.get(key);
    if (known !== undefined) return known;
    const summary = accessSummary(policy, labels, x, i);
    summaries.set(key, summary);
    return summary;
  }

  return {
    async identify(request) {
      try {
        const identity = await authenticator.authenticate(request.headers.authorization);
        const granted = await grants.of(identity);
        const { x, i } = request.routeOptions.config.documents === true ? labelsOf(request.query) : NO_LABELS;
        const access = summaryOf(granted.labels, x, i);
        return { identity, user: identity.user, grants: granted, access, admin: isAdmin(identity.user, policy.settings.admin_roles) };
      } catch (error) {
        throw accessFailure(error);
      }
    },
    limit(request, caller) {
      if (!caller.grants.granted.includes('s-any')) throw detailed(403, 'Opensearch authorization failed');
      const { x, i } = labelsOf(request.query);
      const rule = readRule(caller, x, i);
      const { token } = caller.identity;
      const path = routeOf(request);
      const readerUntil = (signal: AbortSignal): Reader =>
        createReader({
          client: callerClient,
          partition: config.partition,
          rule,
          timeoutSeconds: config.api.timeoutSeconds,
          signal,
          onSearch: (seconds) => metrics.searchSeconds.observe({ path }, seconds),
          ...(config.api.identity === 'caller' && token !== undefined && { authorization: `Bearer ${token}` }),
          ...(onBody !== undefined && { onBody }),
        });
      return { ...caller, reader: readerUntil(request.left.signal), rule, readerUntil };
    },
  };

  function readRule(caller: Caller, x: readonly string[], i: readonly string[]): ReadRule {
    try {
      return createReadRule(policy, caller.grants.granted, x, i);
    } catch (error) {
      if (error instanceof BadLabelError) throw refused(422, error.message);
      throw error;
    }
  }
}

interface Labels {
  readonly x: readonly string[];
  readonly i: readonly string[];
}

const NO_LABELS: Labels = { x: [], i: [] };

/** The labels of a query string as they were given; before and after validation they look alike. */
function labelsOf(query: unknown): Labels {
  const { x, i } = query as { readonly x?: string | readonly string[]; readonly i?: string | readonly string[] };
  return { x: listOf(x), i: listOf(i) };
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

function accessFailure(error: unknown): unknown {
  if (error instanceof AccessError && typeof error.body !== 'string') {
    return new ApiError(error.status, error.body as unknown as ErrorBody, error.headers, { cause: error });
  }
  if (error instanceof SecurityError && error.code === 'SecurityUserDoesNotHaveMinimumAccess') return refused(401, error.message);
  return error;
}

/** The context of a route that answers from documents; there is none on others, which is a bug of the route. */
export function contextOf(request: FastifyRequest): Context {
  if (request.context === undefined) throw new Error(`${request.routeOptions.url ?? 'route'} has no documents in its configuration`);
  return request.context;
}

export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === undefined) throw new Error(`${request.routeOptions.url ?? 'route'} is open and has no caller`);
  return request.caller;
}

/** Sets the header with the label of what is answered (spec 04 §2.4). */
export function labelAnswer(reply: FastifyReply, security: string): void {
  void reply.header('x-azul-security', headerText(security));
  void reply.removeHeader('x-azul-security-defaulted');
}
