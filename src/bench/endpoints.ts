/** The requests that callers of the API send most, with values that the documents have. */
import type { WireRequest } from './load.js';

export interface Endpoint {
  readonly title: string;
  /** The same question about different things. */
  readonly variants: readonly WireRequest[];
}

/** What the documents have to ask for. */
export interface Samples {
  readonly binaries: readonly { readonly sha256: string; readonly md5: string; readonly file_format: string; readonly size: number }[];
  readonly features: readonly string[];
  readonly sources: readonly string[];
}

const PREFIX = '/api/v0';
const POSTED = { 'content-type': 'application/json' };

function get(path: string): WireRequest {
  return { method: 'GET', path: `${PREFIX}${path}`, headers: {} };
}

function post(path: string, body: object): WireRequest {
  return { method: 'POST', path: `${PREFIX}${path}`, headers: POSTED, body: JSON.stringify(body) };
}

export function endpoints({ binaries, features, sources }: Samples): Endpoint[] {
  const each = (make: (binary: Samples['binaries'][number]) => WireRequest): WireRequest[] => binaries.map(make);
  const term = (text: string): string => new URLSearchParams({ term: text }).toString();
  return [
    {
      title: 'find by term',
      variants: each(({ file_format, size }) => post(`/binaries?${term(`file_format:"${file_format}" size:>=${size}`)}`, {})),
    },
    { title: 'find by hash', variants: each(({ md5 }) => post('/binaries', { hashes: [md5] })) },
    { title: 'binary, all details', variants: each(({ sha256 }) => get(`/binaries/${sha256}`)) },
    { title: 'binary is there', variants: each(({ sha256 }) => ({ ...get(`/binaries/${sha256}`), method: 'HEAD' })) },
    { title: 'statuses of a binary', variants: each(({ sha256 }) => get(`/binaries/${sha256}/statuses`)) },
    { title: 'values of a feature', variants: features.map((name) => post(`/features/feature/${encodeURIComponent(name)}`, {})) },
    { title: 'counts of values', variants: features.map((name) => post('/features/values/counts', { items: [name] })) },
    { title: 'references of a source', variants: sources.map((name) => get(`/sources/${encodeURIComponent(name)}/references`)) },
    { title: 'plugins', variants: [get('/plugins')] },
    { title: 'model', variants: [get('/binaries/model')] },
    { title: 'statistics', variants: [get('/statistics')] },
  ];
}
