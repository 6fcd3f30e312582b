import type { Mapping } from '../../projections/mapping.js';
import type { BaseConfig } from '../config/index.js';
import type { TemplateSettingsWithoutNames } from './templates.js';

export interface ConfiguredTemplates {
  readonly settings: TemplateSettingsWithoutNames;
  /** Index settings of the sources that have some, by source name. */
  readonly elasticSources: ReadonlyMap<string, Mapping>;
}

/** What the configuration says of the templates of an active generation whose indices have this partition name. */
export function configuredTemplates(config: BaseConfig, partition: string): ConfiguredTemplates {
  const elastic = [...config.sources].filter(([, source]) => Object.keys(source.elastic).length > 0);
  return {
    settings: {
      partition,
      basePartition: config.partition,
      active: true,
      entropyEngine: config.entropyEngine,
      binaryIndexConfig: config.indexConfig.binary2,
      statusIndexConfig: config.indexConfig.status,
      pluginIndexConfig: config.indexConfig.plugin,
    },
    elasticSources: new Map(elastic.map(([name, source]) => [name, source.elastic as Mapping])),
  };
}
