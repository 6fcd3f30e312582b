/** Metrics of the API under the names of azul-restapi's exporter (spec 04 §2.1, 06 §9), and metafold's own. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 120];
const APP_NAME = 'azul';

export interface ApiMetrics {
  readonly registry: Registry;
  readonly requests: Counter<'method' | 'path' | 'status_code' | 'app_name'>;
  readonly seconds: Histogram<'method' | 'path' | 'status_code' | 'app_name'>;
  readonly inProgress: Gauge<'method' | 'app_name'>;
  /** Time of requests to OpenSearch, by the route that sent them. */
  readonly searchSeconds: Histogram<'path'>;
  readonly shed: Counter<'reason'>;
  readonly cache: Counter<'outcome'>;
}

export function createApiMetrics(): ApiMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const labelNames = ['method', 'path', 'status_code', 'app_name'] as const;
  return {
    registry,
    requests: new Counter({ name: 'azulapi_requests_total', help: 'Requests answered', labelNames, registers }),
    seconds: new Histogram({
      name: 'azulapi_request_duration_seconds',
      help: 'Time of requests',
      labelNames,
      buckets: BUCKETS,
      registers,
    }),
    inProgress: new Gauge({
      name: 'azulapi_requests_in_progress',
      help: 'Requests under way',
      labelNames: ['method', 'app_name'],
      registers,
    }),
    searchSeconds: new Histogram({
      name: 'metafold_api_search_seconds',
      help: 'Time of requests to OpenSearch by route',
      labelNames: ['path'],
      buckets: BUCKETS,
      registers,
    }),
    shed: new Counter({ name: 'metafold_api_shed_total', help: 'Requests refused to stay alive', labelNames: ['reason'], registers }),
    cache: new Counter({
      name: 'metafold_api_cache_total',
      help: 'Look-ups of kept counts, and requests to Redis that failed',
      labelNames: ['outcome'],
      registers,
    }),
  };
}

export interface ObservedRequest {
  readonly method: string;
  /** Template of the path, so that their number is bounded. */
  readonly path: string;
  readonly status: number;
  readonly seconds: number;
}

export function observeRequest(metrics: ApiMetrics, { method, path, status, seconds }: ObservedRequest): void {
  const labels = { method, path, status_code: String(status), app_name: APP_NAME };
  metrics.requests.inc(labels);
  metrics.seconds.observe(labels, seconds);
}

/** Counts one more request under way, or one less. */
export function observeProgress(metrics: ApiMetrics, method: string, change: 1 | -1): void {
  metrics.inProgress.inc({ method, app_name: APP_NAME }, change);
}
