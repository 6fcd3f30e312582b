/** Records what the API sends to OpenSearch for the requests that are measured. */
import { request } from 'undici';
import { withServer, type ServerOptions } from './api-server.js';
import type { Endpoint } from './endpoints.js';
import type { WireRequest } from './load.js';
import { startRecordingProxy, type RecordingProxy } from './recording-proxy.js';

/** An endpoint with what the API sends to OpenSearch for each of its variants. */
export interface Recording extends Endpoint {
  readonly searches: readonly (readonly WireRequest[])[];
  readonly overlapped: boolean;
}

/** What the API sends for each request once its memory is filled. */
export async function recordSearches(
  asked: readonly Endpoint[],
  environment: NodeJS.ProcessEnv,
  url: string,
  options: ServerOptions,
): Promise<Recording[]> {
  const proxy = await startRecordingProxy(url);
  try {
    return await withServer({ ...environment, METASTORE_OPENSEARCH_URL: proxy.url }, options, async (origin) => {
      const recordings: Recording[] = [];
      for (const endpoint of asked) recordings.push(await recordEndpoint(endpoint, origin, proxy));
      return recordings;
    });
  } finally {
    await proxy.close();
  }
}

async function recordEndpoint(endpoint: Endpoint, origin: string, proxy: RecordingProxy): Promise<Recording> {
  const searches: (readonly WireRequest[])[] = [];
  let overlapped = false;
  for (const variant of endpoint.variants) {
    await ask(origin, variant);
    proxy.taken();
    await ask(origin, variant);
    const taken = proxy.taken();
    searches.push(taken.requests);
    overlapped ||= taken.overlapped;
  }
  return { ...endpoint, searches, overlapped };
}

/** Throws unless it is answered with 200. */
export async function ask(origin: string, { method, path, headers, body }: WireRequest): Promise<void> {
  const answer = await request(new URL(path, origin), { method, headers, ...(body !== undefined && { body }) });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`${method} ${path} answered ${answer.statusCode}: ${text.slice(0, 300)}`);
}
