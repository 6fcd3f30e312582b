/** What writing the templates would change: for a dry run, and for the fields that an update added. */
import type { Client } from '@opensearch-project/opensearch';
import { templateName } from '../../projections/index-names.js';
import type { Mapping } from '../../projections/mapping.js';
import { docnameTemplate, sourceTemplate, type LegacyTemplate } from '../../projections/templates.js';
import {
  readTemplate,
  sameTemplate,
  storedFeatureNames,
  type DocnameTemplates,
  type StoredTemplate,
  type TemplateOutcome,
} from './templates.js';

export interface TemplateComparison extends TemplateOutcome {
  /** Paths of mapped fields that the stored template does not have. */
  readonly addedFields: readonly string[];
}

/** Paths of all fields of a mapping, `a.b` for fields of objects and `a.keyword` for sub-fields. */
function fieldPaths(mapping: Mapping | undefined, prefix = ''): string[] {
  const paths: string[] = [];
  for (const key of ['properties', 'fields']) {
    for (const [name, field] of Object.entries((mapping?.[key] ?? {}) as Readonly<Record<string, Mapping>>)) {
      paths.push(prefix + name, ...fieldPaths(field, `${prefix}${name}.`));
    }
  }
  return paths;
}

function compare(template: LegacyTemplate, stored: StoredTemplate | undefined): TemplateComparison {
  const known = new Set(fieldPaths(stored?.mappings));
  const addedFields =
    stored === undefined ? [] : fieldPaths(template.body['mappings'] as Mapping | undefined).filter((path) => !known.has(path));
  const outcome = stored === undefined ? 'created' : sameTemplate(template.body, stored) ? 'unchanged' : 'updated';
  return { name: template.name, outcome, addedFields };
}

/** For each template what writing it would do; writes nothing. A template of another version counts as one to update. */
export async function compareTemplates(
  client: Client,
  templates: DocnameTemplates,
  elasticSources: ReadonlyMap<string, Mapping>,
): Promise<TemplateComparison[]> {
  const comparisons: TemplateComparison[] = [];
  for (const [docname, settings] of templates) {
    const stored = await readTemplate(client, templateName(settings.partition, docname));
    comparisons.push(compare(docnameTemplate(docname, { ...settings, featureNames: storedFeatureNames(stored) }), stored));
  }
  const binaries = templates.get('binary2');
  for (const [source, elastic] of binaries === undefined ? [] : elasticSources) {
    const template = sourceTemplate(binaries!.partition, source, elastic);
    comparisons.push(compare(template, await readTemplate(client, template.name)));
  }
  return comparisons;
}
