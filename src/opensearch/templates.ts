/**
 * Templates, mappings and open indices at start-up (spec 02 §1): written only on a real difference, refused when a template of another
 * version is there, since its documents look different.
 */
import type { Client } from '@opensearch-project/opensearch';
import type { Logger } from 'pino';
import { indexPatterns, plainIndex, templateName, type Docname } from '../../projections/index-names.js';
import type { Mapping } from '../../projections/mapping.js';
import {
  docnameTemplate,
  sourceTemplate,
  TEMPLATE_VERSION,
  type LegacyTemplate,
  type TemplateSettings,
} from '../../projections/templates.js';
import { openSearchRequest, statusOf } from './request.js';

export type TemplateSettingsWithoutNames = Omit<TemplateSettings, 'featureNames'>;

/** Templates of the generations that are folded together: one a docname, each of a generation of its own. */
export type DocnameTemplates = ReadonlyMap<Docname, TemplateSettingsWithoutNames>;

export interface TemplateOutcome {
  readonly name: string;
  readonly outcome: 'created' | 'updated' | 'unchanged';
}

export interface StoredTemplate {
  readonly version?: number;
  readonly order?: number;
  readonly index_patterns?: readonly string[];
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly mappings?: Mapping;
  readonly aliases?: Readonly<Record<string, unknown>>;
}

/** The stored template is of a version that this metafold does not write. */
export class TemplateVersionError extends Error {
  override readonly name = 'TemplateVersionError';
}

/**
 * Makes templates, mappings and open indices of some generations what they must be; idempotent.
 * Throws `TemplateVersionError` when a stored template has another version, unless `force` is set.
 */
export async function ensureTemplates(
  client: Client,
  templates: DocnameTemplates,
  elasticSources: ReadonlyMap<string, Mapping>,
  log: Logger,
  force = false,
): Promise<TemplateOutcome[]> {
  const outcomes: TemplateOutcome[] = [];
  for (const [docname, settings] of templates) {
    const stored = await readTemplate(client, templateName(settings.partition, docname));
    if (stored && stored.version !== TEMPLATE_VERSION && !force) throw versionError(settings.partition, docname, stored.version);
    const template = docnameTemplate(docname, { ...settings, featureNames: storedFeatureNames(stored) });
    outcomes.push(await putIfDifferent(client, template, stored));
    await putMappings(client, settings.partition, docname, template.body.mappings as Mapping, log);
    await createOpenIndex(client, plainIndex(settings.partition, docname, true));
  }
  const binaries = templates.get('binary2');
  for (const [source, elastic] of binaries === undefined ? [] : elasticSources) {
    const template = sourceTemplate(binaries!.partition, source, elastic);
    outcomes.push(await putIfDifferent(client, template, await readTemplate(client, template.name)));
  }
  return outcomes;
}

/** A template as it is stored, settings flattened (`index.number_of_shards`), or undefined when there is none. */
export async function readTemplate(client: Client, name: string): Promise<StoredTemplate | undefined> {
  const { status, body } = await openSearchRequest<Record<string, StoredTemplate>>(
    client,
    'GET',
    `/_template/${encodeURIComponent(name)}`,
    {
      query: { flat_settings: true },
      accept: [404],
    },
  );
  return status === 404 ? undefined : body[name];
}

/** Names that `features_map` has in a stored binary2 template. */
export function storedFeatureNames(template: StoredTemplate | undefined): string[] {
  const properties = template?.mappings?.properties as Mapping | undefined;
  const featuresMap = properties?.features_map as Mapping | undefined;
  return Object.keys((featuresMap?.properties as Mapping | undefined) ?? {});
}

export async function putTemplate(client: Client, { name, body }: LegacyTemplate): Promise<void> {
  await openSearchRequest(client, 'PUT', `/_template/${encodeURIComponent(name)}`, { body });
}

/** Puts a mapping on all existing indices of a docname, in one change of the cluster's state; none is fine. */
export async function putMapping(client: Client, partition: string, docname: Docname, mapping: Mapping): Promise<void> {
  const patterns = indexPatterns(partition, docname).map(encodeURIComponent).join(',');
  await openSearchRequest(client, 'PUT', `/${patterns}/_mapping`, {
    body: mapping,
    query: { ignore_unavailable: true, allow_no_indices: true },
    accept: [404],
  });
}

async function putIfDifferent(client: Client, template: LegacyTemplate, stored: StoredTemplate | undefined): Promise<TemplateOutcome> {
  if (stored && sameTemplate(template.body, stored)) return { name: template.name, outcome: 'unchanged' };
  await putTemplate(client, template);
  return { name: template.name, outcome: stored ? 'updated' : 'created' };
}

/** An index made with another engine for the entropy vector keeps it: the engine of a field can't change, and documents are the same. */
async function putMappings(client: Client, partition: string, docname: Docname, mapping: Mapping, log: Logger): Promise<void> {
  try {
    await putMapping(client, partition, docname, mapping);
  } catch (error) {
    if (docname !== 'binary2' || statusOf(error) !== 400 || !/entropy_vector/.test(String(error))) throw error;
    log.warn({ partition, reason: String(error) }, 'existing indices keep their own engine for entropy_vector');
    const rest = Object.fromEntries(Object.entries(mapping.properties as Mapping).filter(([name]) => name !== 'entropy_vector'));
    await putMapping(client, partition, docname, { ...mapping, properties: rest });
  }
}

async function createOpenIndex(client: Client, index: string): Promise<void> {
  const { status } = await openSearchRequest(client, 'HEAD', `/${encodeURIComponent(index)}`, { accept: [404] });
  if (status !== 404) return;
  try {
    await openSearchRequest(client, 'PUT', `/${encodeURIComponent(index)}`);
  } catch (error) {
    // Another worker was faster.
    if (!/resource_already_exists_exception/.test(String(error))) throw error;
  }
}

/** Equality as the cluster sees it: settings are stored as text under `index.`, numbers and text compare alike. */
export function sameTemplate(wanted: Mapping, stored: StoredTemplate): boolean {
  return (
    wanted.order === stored.order &&
    wanted.version === stored.version &&
    canonical(wanted.index_patterns) === canonical(stored.index_patterns) &&
    canonical(wanted.aliases ?? {}) === canonical(stored.aliases ?? {}) &&
    canonical(wanted.mappings ?? {}) === canonical(stored.mappings ?? {}) &&
    canonical(flatSettings(wanted.settings as Mapping)) === canonical(flatSettings(stored.settings ?? {}))
  );
}

function flatSettings(settings: Readonly<Record<string, unknown>>): Record<string, string> {
  const flat: Record<string, string> = {};
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [name, inner] of Object.entries(value)) visit(inner, path === '' ? name : `${path}.${name}`);
    } else {
      flat[path.startsWith('index.') ? path : `index.${path}`] = Array.isArray(value) ? JSON.stringify(value.map(String)) : String(value);
    }
  };
  visit(settings, '');
  return flat;
}

/** JSON with sorted keys and scalars as text. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(String(value));
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(',')}}`;
}

function versionError(partition: string, docname: Docname, version: number | undefined): TemplateVersionError {
  return new TemplateVersionError(
    `template "${templateName(partition, docname)}" has version ${version ?? 'none'}, expected ${TEMPLATE_VERSION}: run "metafold force-update-templates" or use another partition`,
  );
}
