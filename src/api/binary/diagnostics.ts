/** What a reader of a summary should know about it (spec 04 §6.7, 05 §9.1). */
import { compareCodePoints } from '../../../projections/code-points.js';
import type { PluginConfig } from '../plugin-model.js';
import type { ExactNumber } from './stored.js';
import { CONTENT, type BinaryStream } from './streams.js';

export interface Diagnostic {
  readonly severity: 'info' | 'warning' | 'error';
  readonly id: string;
  readonly title: string;
  readonly body: string;
}

const MAX_NAMED_PLUGINS = 5;

/** For an aggregation that gave as many buckets as were asked for: there may be more. */
export function manyBuckets(what: string, buckets: number, bucketSize: number): Diagnostic[] {
  if (buckets < bucketSize) return [];
  const body = `There were more fields identified by the database (over ${bucketSize}). Consider increasing query size in user settings.`;
  return [{ severity: 'warning', id: `many_buckets_${what}`, title: `Results may be missing for ${what}`, body }];
}

export function manyEvents(count: number, warnOnEventCount: number): Diagnostic[] {
  if (count < warnOnEventCount) return [];
  const body = `This binary has many events in the system (${count}) and accurate results can't be guaranteed.`;
  return [{ severity: 'warning', id: 'many_events', title: 'Many events', body }];
}

/**
 * Whether plugins will process the content. Only a content stream of known size counts, as in the peer; of several the first one
 * decides.
 */
export function contentDiagnostics(streams: readonly BinaryStream[], configs: ReadonlyMap<string, PluginConfig>): Diagnostic[] {
  const size = streams.find(({ label }) => label.includes(CONTENT))?.size;
  if (size === undefined) return [NO_CONTENT];
  const bytes = exactInteger(size);
  const refusing = [...configs].filter(([, config]) => refuses(config, bytes)).map(([name]) => name);
  return refusing.length === 0 ? [] : [tooLarge(refusing)];
}

const NO_CONTENT: Diagnostic = {
  severity: 'info',
  id: 'no_content',
  title: 'Content not found',
  body: 'The content for this binary is not in Azul and as such this file is unlikely to be processed by most plugins.',
};

/** 0 is no limit. */
function refuses({ filter_max_content_size: limit }: PluginConfig, bytes: bigint): boolean {
  return (typeof limit === 'number' || typeof limit === 'bigint') && Number(limit) !== 0 && limit < bytes;
}

function tooLarge(plugins: readonly string[]): Diagnostic {
  const noun = plugins.length === 1 ? 'plugin' : 'plugins';
  const named = plugins.slice(0, MAX_NAMED_PLUGINS).join(', ');
  const more = plugins.length > MAX_NAMED_PLUGINS ? ` and ${plugins.length - MAX_NAMED_PLUGINS} more` : '';
  return {
    severity: 'warning',
    id: 'large',
    title: `Content too large for ${plugins.length} ${noun}`,
    body: `The following ${noun} will not process the binary: ${named}${more}`,
  };
}

function exactInteger(number: ExactNumber): bigint {
  return BigInt(typeof number === 'number' ? number : number.rawJson);
}

/** In the order in which they are answered. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...diagnostics].sort((a, b) => compareCodePoints(a.id, b.id));
}
