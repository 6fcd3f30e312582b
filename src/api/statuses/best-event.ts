/** The document that tells most about a binary, made into an event again, for a dispatcher to judge (spec 04 §6.9, 05 §9). */
import type { DocumentBody } from '../../../projections/types.js';
import type { Search } from '../reader.js';

/** What is read of a binary's document (spec 02 §4). */
export interface BinaryDocument extends DocumentBody {
  readonly timestamp: string;
  readonly source?: DocumentBody;
  readonly parent?: DocumentBody;
  readonly features?: readonly DocumentBody[];
  readonly track_link?: string;
  readonly track_author?: string;
  readonly parent_track_author?: string;
  readonly parent_relationship?: DocumentBody;
}

const MODEL_VERSION = 6;
const ENTITY_FIELDS = [
  'sha256',
  'sha512',
  'sha1',
  'md5',
  'ssdeep',
  'tlsh',
  'size',
  'mime',
  'magic',
  'file_format',
  'file_extension',
  'info',
  'datastreams',
];
const NODE_FIELDS = ['author', 'action', 'sha256', 'timestamp', 'file_format', 'size'];
const PARENT_FIELDS = [...NODE_FIELDS, 'relationship', 'filename', 'language'];
const SOURCE_FIELDS = ['name', 'security', 'timestamp', 'references', 'settings'];
const FEATURE_FIELDS = ['name', 'value', 'type', 'label', 'offset', 'size'];
const EVENT_FIELDS = ['timestamp', 'author', 'action', 'track_source_references'];

/** A document with content goes before others, as does one that is sourced or extracted. */
export function bestEventSearch(sha256: string): Search {
  return {
    docname: 'binary2',
    routing: sha256,
    body: {
      query: {
        bool: {
          filter: [{ term: { sha256 } }],
          should: [{ term: { 'datastreams.label': 'content' } }, { terms: { action: ['extracted', 'sourced'] } }],
        },
      },
      sort: ['_score', { depth: 'asc' }, { 'source.timestamp': 'desc' }],
      _source: {
        includes: [
          ...EVENT_FIELDS,
          ...ENTITY_FIELDS,
          ...SOURCE_FIELDS.map((name) => `source.${name}`),
          ...PARENT_FIELDS.map((name) => `parent.${name}`),
          ...FEATURE_FIELDS.map((name) => `features.${name}`),
          'track_link',
          'track_author',
          'parent_track_author',
          'parent_relationship',
        ],
      },
      size: 1,
    },
  };
}

function pick(from: DocumentBody, names: readonly string[]): DocumentBody {
  return Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]!]));
}

/**
 * The event in its JSON form, as far as the document tells: of the path its last two nodes. Undefined for a document without a
 * source, which is no event without it.
 */
export function rebuildEvent(document: BinaryDocument): DocumentBody | undefined {
  const { source, parent, features, track_link: link, track_author: author, parent_track_author: parentAuthor } = document;
  if (source === undefined) return undefined;
  const { parent_relationship: relationship } = document;
  const node = { ...pick(document, NODE_FIELDS), ...(relationship !== undefined && { relationship }) };
  return {
    model_version: MODEL_VERSION,
    kafka_key: '',
    ...pick(document, EVENT_FIELDS),
    source: { ...pick(source, SOURCE_FIELDS), path: parent === undefined ? [node] : [pick(parent, PARENT_FIELDS), node] },
    entity: {
      ...pick(document, ENTITY_FIELDS),
      ...(features !== undefined && { features: features.map((feature) => pick(feature, FEATURE_FIELDS)) }),
    },
    flags: {},
    ...(link !== undefined && { track_links: [link] }),
    track_authors: [parentAuthor, author].filter((one) => one !== undefined),
  };
}
