import { DOCNAMES, type Docname } from '../../projections/index-names.js';
import type { Mapping } from '../../projections/mapping.js';
import type { IndexConfig } from '../../projections/templates.js';
import type { BaseConfig } from '../config/index.js';
import type { DocnameTemplates, TemplateSettingsWithoutNames } from './templates.js';

/** A generation of one docname, as far as its templates depend on it. */
export interface TemplateTarget {
  /** Partition name of the generation. */
  readonly partition: string;
  /** Whether it is the one that readers see. */
  readonly active: boolean;
  /** Nobody reads it yet: it is indexed without refresh and replicas, until `restoreIndices`. */
  readonly filling: boolean;
}

export interface ConfiguredTemplates {
  readonly templates: DocnameTemplates;
  /** Index settings of the sources that have some, by source name. */
  readonly elasticSources: ReadonlyMap<string, Mapping>;
}

/** All docnames in one active generation with this partition name. */
export function wholePartition(partition: string): ReadonlyMap<Docname, TemplateTarget> {
  return new Map(DOCNAMES.map((docname) => [docname, { partition, active: true, filling: false }]));
}

/** What the configuration says of the templates of these generations, one a docname. */
export function configuredTemplates(config: BaseConfig, targets: ReadonlyMap<Docname, TemplateTarget>): ConfiguredTemplates {
  const elastic = [...config.sources].filter(([, source]) => Object.keys(source.elastic).length > 0);
  return {
    templates: new Map([...targets].map(([docname, target]) => [docname, templateSettings(config, target)])),
    elasticSources: new Map(elastic.map(([name, source]) => [name, source.elastic as Mapping])),
  };
}

function templateSettings(
  { partition: basePartition, entropyEngine, indexConfig }: BaseConfig,
  { partition, active, filling }: TemplateTarget,
): TemplateSettingsWithoutNames {
  const sized = (config: IndexConfig): IndexConfig => (filling ? { ...config, number_of_replicas: 0, refresh_interval: '-1' } : config);
  return {
    partition,
    basePartition,
    active,
    entropyEngine,
    binaryIndexConfig: sized(indexConfig.binary2),
    statusIndexConfig: sized(indexConfig.status),
    pluginIndexConfig: sized(indexConfig.plugin),
  };
}
