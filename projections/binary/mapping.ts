/** Mapping of `binary2` (spec 02 §2.1, §2.2) and its growth by feature names (§3). */
import {
  AUTHOR,
  DATE,
  DOUBLE,
  fields,
  INTEGER,
  KEYWORD,
  KEYWORD_8000,
  KEYWORD_EAGER,
  LONG,
  object,
  OPAQUE,
  openObject,
  rootMapping,
  UNSIGNED_LONG,
  type Mapping,
} from '../mapping.js';

/** What searches entropy vectors. `faiss` needs the native library: without it the first vector makes the node exit. */
export type EntropyEngine = 'lucene' | 'faiss' | 'off';

const RELATIONSHIP = openObject(fields(['action', 'label'], KEYWORD));

function ngrams(): Mapping {
  return { type: 'text', analyzer: 'ssdeep_ngram_analyzer' };
}

const FILEPATH: Mapping = {
  ...KEYWORD_8000,
  fields: { tree: { type: 'text', analyzer: 'path' }, tree_reversed: { type: 'text', analyzer: 'path_reversed' } },
};

const ENRICHED_WORDS = ['binary_string', 'scheme', 'netloc', 'params', 'query', 'fragment', 'username', 'password', 'hostname'];

const ENRICHED = object({
  integer: LONG,
  float: DOUBLE,
  datetime: DATE,
  port: INTEGER,
  ip: { type: 'ip' },
  ...fields(ENRICHED_WORDS, KEYWORD_8000),
  filepath: FILEPATH,
});

const FEATURES = object({
  ...fields(['name', 'value', 'type', 'label'], KEYWORD_8000),
  offset: LONG,
  size: LONG,
  enriched: ENRICHED,
  encoded: object({ location: { type: 'double_range' } }),
});

const HASHES = ['sha512', 'sha1', 'md5', 'ssdeep', 'tlsh'];
const KINDS = ['mime', 'magic', 'file_format', 'file_extension'];

const DATASTREAMS = object({
  identify_version: INTEGER,
  size: UNSIGNED_LONG,
  ...fields(['label', 'sha256', ...HASHES, ...KINDS, 'language'], KEYWORD),
});

const SOURCE = object({
  ...fields(['security', 'name'], KEYWORD),
  timestamp: DATE,
  settings: OPAQUE,
  references: OPAQUE,
  encoded_settings: object(fields(['key', 'value'], KEYWORD)),
  encoded_references: object(fields(['key', 'value', 'key_value'], KEYWORD)),
});

const PARENT = object({
  author: AUTHOR,
  sha256: KEYWORD_EAGER,
  ...fields(['action', 'file_format', 'filename', 'language'], KEYWORD),
  timestamp: DATE,
  size: UNSIGNED_LONG,
  relationship: RELATIONSHIP,
  encoded: object({ sha256_author_action: KEYWORD }),
});

const TLSH_VECTOR: Mapping = {
  type: 'knn_vector',
  dimension: 36,
  data_type: 'byte',
  space_type: 'cosinesimil',
  method: { name: 'hnsw', engine: 'lucene' },
};

function entropyVector(engine: EntropyEngine): Mapping {
  if (engine === 'off') return OPAQUE;
  return { type: 'knn_vector', dimension: 1280, data_type: 'binary', space_type: 'hamming', method: { name: 'hnsw', engine } };
}

/** `properties` of `features_map` for the names: keywords of any length, as OpenSearch field paths. */
function featuresMap(names: Iterable<string>): Mapping {
  return object(fields([...names], KEYWORD));
}

/** Body of the `PUT _mapping` that adds feature names. */
export function featureNamesMapping(names: Iterable<string>): Mapping {
  return { properties: { features_map: featuresMap(names) } };
}

/** A mapping of binary2 as it is stored, with more feature names; all else as it stands. */
export function withFeatureNames(stored: Mapping, names: Iterable<string>): Mapping {
  const properties = (stored.properties ?? {}) as Mapping;
  const known = ((properties.features_map as Mapping | undefined)?.properties ?? {}) as Mapping;
  return { ...stored, properties: { ...properties, features_map: object({ ...known, ...fields([...names], KEYWORD) }) } };
}

const BINARY_WORDS = ['action', 'track_author', 'filename', 'sha256_author_action', ...HASHES, ...KINDS];
const SUBMISSION_WORDS = ['track_source_references', 'track_source_references_grouped', 'track_link', 'parent_track_author'];

/** The whole mapping; `names` are feature names known already. */
export function binaryMapping(engine: EntropyEngine, names: Iterable<string> = []): Mapping {
  return {
    _routing: { required: true },
    ...rootMapping({
      binary_info: { type: 'join', relations: { binary: ['metadata'] } },
      author: AUTHOR,
      sha256: KEYWORD_EAGER,
      ...fields([...BINARY_WORDS, ...SUBMISSION_WORDS], KEYWORD),
      encoded_ssdeep: object({ blocksize: INTEGER, chunk: ngrams(), dchunk: ngrams() }),
      tlsh_vector: TLSH_VECTOR,
      entropy_vector: entropyVector(engine),
      size: UNSIGNED_LONG,
      datastreams: DATASTREAMS,
      features: FEATURES,
      info: OPAQUE,
      features_map: featuresMap(names),
      ...fields(['num_feature_names', 'num_feature_values', 'depth'], INTEGER),
      ...fields(['uniq_features', 'uniq_info', 'uniq_data'], KEYWORD_EAGER),
      source: SOURCE,
      parent_relationship: RELATIONSHIP,
      parent: PARENT,
    }),
  };
}
