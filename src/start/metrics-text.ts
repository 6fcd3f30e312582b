/** What the status needs of a worker's /metrics. */
import { projections } from '../../projections/index.js';

/** A metric's values summed up by one of its labels ("" where it has none). `text` is in the Prometheus text format. */
export function metricByLabel(text: string, name: string, label: string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const line of text.split('\n')) {
    const rest = line.startsWith(name) ? line.slice(name.length) : undefined;
    if (rest === undefined || !/^[{ ]/.test(rest)) continue;
    const value = Number(
      rest
        .slice(rest.lastIndexOf('}') + 1)
        .trim()
        .split(' ')[0],
    );
    const key = new RegExp(`[{,]${label}="([^"]*)"`).exec(rest)?.[1] ?? '';
    if (Number.isFinite(value)) sums.set(key, (sums.get(key) ?? 0) + value);
  }
  return sums;
}

/** Sum of a metric over all of its labels; 0 when it is not there. */
export function metricSum(text: string, name: string): number {
  return [...metricByLabel(text, name, '').values()].reduce((sum, value) => sum + value, 0);
}

/** Projections that together read every topic once: those whose topics another one reads as well are left out. */
function readingOnce(): readonly string[] {
  const topicsOf = new Map(projections.map(({ name, reads }) => [name, reads.flatMap(({ topics }) => topics)]));
  const isCovered = (name: string, topics: readonly string[]): boolean =>
    [...topicsOf].some(
      ([other, theirs]) =>
        other !== name && theirs.length > topics.length && topics.every((topic) => (theirs as readonly string[]).includes(topic)),
    );
  return [...topicsOf].filter(([name, topics]) => !isCovered(name, topics)).map(([name]) => name);
}

export interface WorkerMetrics {
  /** Events read since the worker started; one that several projections read counts once. */
  readonly eventsRead: number;
  /** Records sent to the dead letter since then. */
  readonly rejected: number;
  /** Seconds for which OpenSearch has not been taking documents; 0 when all is well. */
  readonly outageSeconds: number;
}

/** The numbers of a /metrics page; undefined when it is not a worker's. */
export function parseMetrics(text: string): WorkerMetrics | undefined {
  if (!text.includes('metafold_records_total')) return undefined;
  const records = metricByLabel(text, 'metafold_records_total', 'projection');
  return {
    eventsRead: readingOnce().reduce((sum, name) => sum + (records.get(name) ?? 0), 0),
    rejected: metricSum(text, 'metafold_dead_letters_total'),
    outageSeconds: metricSum(text, 'metafold_opensearch_outage_seconds'),
  };
}

const TIMEOUT_MS = 2_000;

/** Asks a worker; undefined while it does not answer. */
export async function readMetrics(port: number): Promise<WorkerMetrics | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${String(port)}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return parseMetrics(await response.text());
  } catch {
    return undefined; // not up yet, or gone: its end is seen elsewhere
  }
}
