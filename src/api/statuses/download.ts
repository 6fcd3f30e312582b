/** How far the download of a binary has come (spec 04 §8.5). */
import { compareCodePoints } from '../../../projections/code-points.js';
import type { Registration } from '../plugin-model.js';
import { authorOf } from '../plugins/entity.js';
import { rowKey, type StatusEvent } from './status-event.js';

export interface DownloadStatusParts {
  readonly sha256: string;
  /** Plugins that answer download requests, as far as the caller may read them. */
  readonly plugins: readonly Registration[];
  readonly found: readonly StatusEvent[];
  /** Whether requests have rows of their own. */
  readonly withRequests: boolean;
}

/** One row for each plugin, its newest status or `queued`, by author name. */
export function downloadStatuses({ sha256, plugins, found, withRequests }: DownloadStatusParts): readonly StatusEvent[] {
  const rows = new Map(plugins.map((plugin) => [rowKey(plugin.entity.name, plugin.entity.version), queued(sha256, plugin)]));
  for (const event of found) {
    const key = rowKey(event.author.name, event.author.version);
    if (rows.has(key) || (withRequests && event.entity.status === 'download-requested')) rows.set(key, event);
  }
  return [...rows.values()].sort(
    ({ author: a }, { author: b }) => compareCodePoints(a.name, b.name) || compareCodePoints(a.version ?? '', b.version ?? ''),
  );
}

function queued(sha256: string, { author, security }: Registration): StatusEvent {
  return {
    timestamp: '',
    author: authorOf(author),
    entity: { status: 'queued', runtime: 0, input: { entity: { sha256 } } },
    completed: 0,
    security,
  };
}
