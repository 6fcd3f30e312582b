/** A worker's steps that are requests to OpenSearch; besides them there are `commit` and `letter`, which go to Kafka. */
export type Step = 'create' | 'merge' | 'parents' | 'refresh' | 'search' | 'count' | 'read' | 'delete' | 'losers' | 'replace' | 'other';

export function stepOf(request: { readonly path: string; readonly body?: unknown; readonly bulkBody?: unknown }): Step;
