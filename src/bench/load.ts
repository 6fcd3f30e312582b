/** Closed-loop load by autocannon: each client sends its next request when the last one is answered. */
import autocannon from 'autocannon';

/** One HTTP request as it goes over the wire. */
export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'HEAD';
  /** With the query string. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface LoadOptions {
  /** Origin that the requests go to. */
  readonly url: string;
  /**
   * What is asked, in turns. The requests of one group follow each other on the same connection, and what counts is the time of the group:
   * the sum of theirs.
   */
  readonly groups: readonly (readonly WireRequest[])[];
  readonly clients: number;
  readonly seconds: number;
  /** Goes on for so long, in steps, while not a single group is answered. */
  readonly atMostSeconds: number;
}

/** Milliseconds that each group took, each time. Throws when a request is not answered with 200. */
export async function runLoad(options: LoadOptions): Promise<number[][]> {
  const { url, groups, clients, seconds, atMostSeconds } = options;
  const times: number[][] = groups.map(() => []);
  const requests = groups.flat().map(({ method, path, headers, body }) => ({
    method,
    path,
    headers: { ...headers },
    ...(body !== undefined && { body }),
  }));
  const ends = groupEnds(groups.map(({ length }) => length));
  const result = await autocannon({
    url,
    requests,
    connections: clients,
    duration: seconds,
    timeout: 60,
    excludeErrorStats: true,
    setupClient(client) {
      let at = 0;
      let sum = 0;
      client.on('response', (_status: number, _bytes: number, ms: number) => {
        sum += ms;
        const group = ends.get(at);
        if (group !== undefined) {
          times[group]!.push(sum);
          sum = 0;
        }
        at = (at + 1) % requests.length;
      });
    },
  });
  const failed = result.non2xx + result.errors + result.timeouts;
  if (failed > 0) throw new Error(`${failed} of ${result.requests.total} requests to ${url}${requests[0]!.path} failed`);
  if (times.some(({ length }) => length > 0)) return times;
  if (seconds < atMostSeconds) return runLoad({ ...options, seconds: Math.min(seconds * 2, atMostSeconds) });
  throw new Error(`no request to ${url}${requests[0]!.path} was answered within ${seconds} s`);
}

/** Groups by the position of their last request in the sequence of all. */
export function groupEnds(lengths: readonly number[]): ReadonlyMap<number, number> {
  let at = 0;
  return new Map(lengths.map((length, group) => [(at += length) - 1, group]));
}

/** The value that this share of the values does not exceed (nearest rank); NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
