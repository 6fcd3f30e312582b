/** Plugins from their registrations: each with its versions, and those that download (spec 05 §13). */
import { compareCodePoints } from '../../../projections/code-points.js';
import { newestByName, type Registration } from '../plugin-model.js';
import { fullPluginEntity, type FullPluginEntity } from './entity.js';

export interface PluginSummary {
  readonly versions: readonly string[];
  readonly newest_version: FullPluginEntity;
}

const MAX_PLUGINS = 1_000;
const MAX_VERSIONS = 100;

interface Version {
  readonly version: string;
  /** Milliseconds, which is what OpenSearch compares dates by. */
  readonly time: number;
  readonly newest: Registration;
}

/** Plugins by lower-cased name, from registrations that are newest first; one without a version is not listed. */
export function latestPlugins(registrations: readonly Registration[]): readonly PluginSummary[] {
  const plugins = new Map<string, Map<string, Version>>();
  for (const registration of registrations) {
    const { name, version } = registration.author;
    if (typeof version !== 'string') continue;
    const versions = plugins.get(name) ?? new Map<string, Version>();
    plugins.set(name, versions);
    if (!versions.has(version)) versions.set(version, { version, time: Date.parse(registration.timestamp), newest: registration });
  }
  return [...plugins.values()].map(summary).sort(byName).slice(0, MAX_PLUGINS);
}

function summary(byVersion: ReadonlyMap<string, Version>): PluginSummary {
  const versions = [...byVersion.values()].sort((a, b) => b.time - a.time || compareCodePoints(a.version, b.version));
  return {
    versions: versions.slice(0, MAX_VERSIONS).map(({ version }) => version),
    newest_version: fullPluginEntity(versions[0]!.newest.entity),
  };
}

function byName({ newest_version: { name: a } }: PluginSummary, { newest_version: { name: b } }: PluginSummary): number {
  return compareCodePoints(a.toLowerCase(), b.toLowerCase()) || compareCodePoints(a, b);
}

/** The newest registration of each plugin that answers download requests, by name. */
export function downloadPlugins(registrations: readonly Registration[]): readonly Registration[] {
  const downloading = registrations.filter(({ entity: { config } }) => config?.['is_processing_download_events'] === 'true');
  return [...newestByName(downloading, MAX_PLUGINS).values()].sort((a, b) => compareCodePoints(a.entity.name, b.entity.name));
}

/** The newest registration of one version of a plugin. */
export function registrationOf(registrations: readonly Registration[], name: string, version: string): Registration | undefined {
  return registrations.find(({ author }) => author.name === name && author.version === version);
}
