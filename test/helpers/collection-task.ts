/** Task records as tests need them. */
import { randomUUID } from 'node:crypto';
import { redisKeyBase } from '../../projections/collections/key.js';
import type { TaskRecord } from '../../src/collections/types.js';

/** A task over all status events that keeps hashes; `overrides` say otherwise. */
export function taskRecord(overrides: Partial<TaskRecord> = {}): TaskRecord {
  const { domain = 'self', friendlyName = 'seen' } = overrides;
  return {
    v: 1,
    rev: 1,
    id: randomUUID(),
    domain,
    friendlyName,
    description: '',
    expireIn: 3_153_600_000,
    keyFields: [{ name: 'sha256', type: 'str' }],
    valueFields: [],
    query: 'from azul.status select sha256',
    from: 0,
    to: null,
    limit: null,
    keyHash: 'md5',
    redisKeyBase: redisKeyBase(domain, friendlyName),
    labels: ['s-any'],
    status: 'CREATED',
    created: 1_700_000_000_000,
    updated: 1_700_000_000_000,
    sweep: false,
    ...overrides,
  };
}
