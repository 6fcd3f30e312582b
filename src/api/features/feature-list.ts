/** The known features from what plugins registered (spec 04 §9.1). */
import { compareCodePoints } from '../../../projections/code-points.js';
import type { AuthorChoice } from './author-filters.js';
import type { PluginRegistration, RegisteredFeature } from './registrations.js';

export interface FeatureDescription {
  readonly author_type: string;
  readonly author_name: string;
  readonly author_version: string;
  readonly desc?: string;
  readonly type?: string;
}

export interface ListedFeature {
  readonly name: string;
  readonly descriptions: readonly FeatureDescription[];
  readonly tags: readonly string[];
  readonly security: readonly string[];
}

/** Of each plugin so many versions are looked at, the first ones by text: the peer asks for no more. */
const MAX_VERSIONS = 20;

function compareDescriptions(a: FeatureDescription, b: FeatureDescription): number {
  return (
    compareCodePoints(a.author_type, b.author_type) ||
    compareCodePoints(a.author_name, b.author_name) ||
    compareCodePoints(a.author_version, b.author_version)
  );
}

const versionOf = ({ author }: PluginRegistration): string => author.version ?? '';

function chosen(registrations: readonly PluginRegistration[], { author, author_version: version }: AuthorChoice): PluginRegistration[] {
  const byName = new Map<string, PluginRegistration[]>();
  for (const registration of registrations) {
    const { name } = registration.author;
    if ((author !== '' && name !== author) || (version !== '' && versionOf(registration) !== version)) continue;
    byName.set(name, [...(byName.get(name) ?? []), registration]);
  }
  return Array.from(byName.values()).flatMap((versions) =>
    versions.toSorted((a, b) => compareCodePoints(versionOf(a), versionOf(b))).slice(0, MAX_VERSIONS),
  );
}

function sortedUnique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort(compareCodePoints);
}

interface Found {
  readonly feature: RegisteredFeature;
  readonly by: PluginRegistration;
}

function describe({ feature: { desc, type }, by: { author } }: Found): FeatureDescription {
  return {
    author_type: author.category ?? '',
    author_name: author.name,
    author_version: author.version ?? '',
    ...(desc !== undefined && { desc }),
    ...(type !== undefined && { type }),
  };
}

/** The features by name; each with who says what about it. */
export function listFeatures(registrations: readonly PluginRegistration[], choice: AuthorChoice): ListedFeature[] {
  const byName = new Map<string, Found[]>();
  for (const by of chosen(registrations, choice)) {
    for (const feature of by.features) byName.set(feature.name, [...(byName.get(feature.name) ?? []), { feature, by }]);
  }
  return [...byName]
    .sort(([a], [b]) => compareCodePoints(a, b))
    .map(([name, found]) => ({
      name,
      descriptions: found.map(describe).sort(compareDescriptions),
      tags: sortedUnique(found.flatMap(({ feature }) => feature.tags ?? [])),
      security: sortedUnique(found.flatMap(({ by }) => by.security ?? [])),
    }));
}
