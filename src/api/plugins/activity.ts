/** How plugins do: when they last succeeded, and what they did in the last seven days (spec 05 §13). */
import { STATUS_SUCCESS } from '../../../schemas/enums.js';
import type { Search, SearchAnswer } from '../reader.js';
import { LAST_SEVEN_DAYS } from '../statuses/window.js';
import type { PluginSummary } from './list.js';

interface ActivityAggregations {
  /** Of the first search. */
  readonly completions?: { readonly buckets: readonly { readonly key: string; readonly newest: { readonly value_as_string?: string } }[] };
  /** Of the second search. */
  readonly authors?: {
    readonly buckets: readonly {
      readonly key: string;
      readonly statuses: { readonly buckets: readonly { readonly key: string; readonly doc_count: number }[] };
    }[];
  };
}

export type ActivityAnswer = SearchAnswer<unknown, ActivityAggregations>;

/** Newest success of every author; statuses of the window by author. Repeated work on one binary is counted again. */
export const ACTIVITY_SEARCHES: readonly Search[] = [
  {
    docname: 'status',
    body: {
      query: { bool: { filter: [{ terms: { 'entity.status': STATUS_SUCCESS } }] } },
      aggs: {
        completions: { terms: { field: 'encoded.author', size: 1_000 }, aggs: { newest: { max: { field: 'timestamp' } } } },
      },
      size: 0,
    },
  },
  {
    docname: 'status',
    body: {
      query: { bool: { filter: [LAST_SEVEN_DAYS] } },
      aggs: {
        authors: { terms: { field: 'encoded.author', size: 500 }, aggs: { statuses: { terms: { field: 'entity.status' } } } },
      },
      size: 0,
    },
  },
];

export interface PluginActivity extends PluginSummary {
  readonly last_completion: string | null;
  readonly success_count: number;
  readonly error_count: number;
}

const SUCCESS: ReadonlySet<string> = new Set(STATUS_SUCCESS);

/** Joins plugins with the answers to `ACTIVITY_SEARCHES` by their newest version. */
export function pluginActivity(plugins: readonly PluginSummary[], answers: readonly ActivityAnswer[]): readonly PluginActivity[] {
  const [completions, window] = answers;
  const newest = new Map(completions?.aggregations?.completions?.buckets.map((bucket) => [bucket.key, bucket.newest.value_as_string]));
  const counted = new Map(window?.aggregations?.authors?.buckets.map(({ key, statuses }) => [key, statuses.buckets]));
  return plugins.map((plugin) => {
    const { name, version } = plugin.newest_version;
    const key = `${name}.plugin.${version ?? ''}`;
    const statuses = counted.get(key) ?? [];
    const count = (wanted: (status: string) => boolean): number =>
      statuses.reduce((sum, { key: status, doc_count: documents }) => (wanted(status) ? sum + documents : sum), 0);
    return {
      ...plugin,
      last_completion: newest.get(key) ?? null,
      success_count: count((status) => SUCCESS.has(status)),
      error_count: count((status) => status.startsWith('error-')),
    };
  });
}
