/** Legacy templates as values (spec 02 §1, §1.2): what has to be put is decided by comparing them with what is stored. */
import { ANNOTATION_MAPPING } from './annotation/mapping.js';
import { binaryMapping, type EntropyEngine } from './binary/mapping.js';
import { CACHE_MAPPING } from './cache/mapping.js';
import { countCodePoints } from './code-points.js';
import { indexPatterns, readAlias, sourceTemplateName, templateName, type Docname } from './index-names.js';
import type { Mapping } from './mapping.js';
import { PLUGIN_MAPPING } from './plugin/mapping.js';
import { STATUS_MAPPING } from './status/mapping.js';

/** Version of azul-metastore's templates; another one in the cluster means that its documents look different. */
export const TEMPLATE_VERSION = 20250519;

export interface IndexConfig {
  readonly number_of_shards: number;
  readonly number_of_replicas: number;
  readonly refresh_interval: string;
}

export const DEFAULT_INDEX_CONFIG: IndexConfig = { number_of_shards: 3, number_of_replicas: 2, refresh_interval: '5s' };
export const DEFAULT_BINARY_INDEX_CONFIG: IndexConfig = { number_of_shards: 3, number_of_replicas: 2, refresh_interval: '30s' };

/** All that a generation's templates depend on. */
export interface TemplateSettings {
  /** Partition of the concrete indices, the generation being part of it. */
  readonly partition: string;
  /** Partition of the read aliases: the same for all generations. */
  readonly basePartition: string;
  /** Only the active generation gives its indices the read alias. */
  readonly active: boolean;
  readonly entropyEngine: EntropyEngine;
  /** Shards, replicas and refresh; annotation and cache always have the defaults. */
  readonly binaryIndexConfig: IndexConfig;
  readonly statusIndexConfig: IndexConfig;
  readonly pluginIndexConfig: IndexConfig;
  /** Feature names that the stored template has already. */
  readonly featureNames: Iterable<string>;
}

export interface LegacyTemplate {
  readonly name: string;
  readonly body: Mapping;
}

const ANALYSIS: Mapping = {
  analyzer: {
    path: { tokenizer: 'hierarchy' },
    path_reversed: { tokenizer: 'hierarchy_reversed' },
    pathw: { tokenizer: 'hierarchyw' },
    pathw_reversed: { tokenizer: 'hierarchyw_reversed' },
    alphanumeric: { tokenizer: 'alphanumeric' },
    ssdeep_ngram_analyzer: { tokenizer: 'ssdeep_tokenizer' },
  },
  tokenizer: {
    hierarchy: { type: 'path_hierarchy', delimiter: '/' },
    hierarchy_reversed: { type: 'path_hierarchy', delimiter: '/', reverse: 'true' },
    hierarchyw: { type: 'path_hierarchy', delimiter: '\\' },
    hierarchyw_reversed: { type: 'path_hierarchy', delimiter: '\\', reverse: 'true' },
    alphanumeric: { type: 'char_group', tokenize_on_chars: ['whitespace', 'punctuation', 'symbol'] },
    ssdeep_tokenizer: { type: 'ngram', min_gram: 7, max_gram: 7, token_chars: ['letter', 'digit', 'punctuation'] },
  },
};

function sizeSettings(config: IndexConfig): Mapping {
  const { number_of_shards, number_of_replicas, refresh_interval } = config;
  return { number_of_shards, number_of_replicas, refresh_interval };
}

function binaryIndexSettings(config: IndexConfig): Mapping {
  return {
    ...sizeSettings(config),
    'index.mapping.total_fields.limit': 20000,
    'index.knn': true,
    'index.knn.derived_source.enabled': false,
    analysis: ANALYSIS,
  };
}

/** Index settings of a docname. */
export function indexSettings(docname: Docname, settings: TemplateSettings): Mapping {
  switch (docname) {
    case 'binary2':
      return binaryIndexSettings(settings.binaryIndexConfig);
    case 'status':
      return sizeSettings(settings.statusIndexConfig);
    case 'plugin':
      return sizeSettings(settings.pluginIndexConfig);
    case 'annotation':
    case 'cache':
      return sizeSettings(DEFAULT_INDEX_CONFIG);
  }
}

/** Mapping of a docname. */
export function docnameMapping(docname: Docname, settings: Pick<TemplateSettings, 'entropyEngine' | 'featureNames'>): Mapping {
  switch (docname) {
    case 'binary2':
      return binaryMapping(settings.entropyEngine, settings.featureNames);
    case 'status':
      return STATUS_MAPPING;
    case 'plugin':
      return PLUGIN_MAPPING;
    case 'annotation':
      return ANNOTATION_MAPPING;
    case 'cache':
      return CACHE_MAPPING;
  }
}

/** The template of a docname in one generation: name and body of `PUT /_template/<name>`. */
export function docnameTemplate(docname: Docname, settings: TemplateSettings): LegacyTemplate {
  const aliases: Mapping = settings.active ? { [readAlias(settings.basePartition, docname)]: {} } : {};
  return {
    name: templateName(settings.partition, docname),
    body: {
      order: 1,
      version: TEMPLATE_VERSION,
      index_patterns: indexPatterns(settings.partition, docname),
      aliases,
      settings: indexSettings(docname, settings),
      mappings: docnameMapping(docname, settings),
    },
  };
}

/**
 * The template of a source with `elastic` settings. As in the peer its patterns match no index, because indices are per hash
 * digit; it is written so that the cluster's state is the same.
 */
export function sourceTemplate(partition: string, source: string, elastic: Mapping): LegacyTemplate {
  const docname = `binary2.${source}`;
  return {
    name: sourceTemplateName(partition, source),
    body: {
      order: countCodePoints(docname) + 10,
      index_patterns: [`azul.x.${partition}.${docname}`, `azul.o.${partition}.${docname}`].flatMap((index) => [index, `${index}.*`]),
      settings: elastic,
    },
  };
}
