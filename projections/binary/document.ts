/** The body of a binary's metadata document, put together from the fields of its parts (spec 02 §4.5). */
import type { BinaryEvent } from '../../schemas/events.js';
import { utcTime } from '../../schemas/time.js';
import { md5 } from '../digest.js';
import { rawJson } from '../json.js';
import { authorBody, type DocumentLabels } from '../labels.js';
import type { DocumentBody } from '../types.js';
import { lowerHash } from './checks.js';
import { datastreamFields, type DatastreamFields } from './datastreams.js';
import { featureFields, type FeatureFields } from './features.js';
import { readInfo, type BinaryInfo } from './info.js';
import type { LinkFields } from './link.js';
import { entropyField, ssdeepFields, tlshField, type SsdeepFields } from './similarity.js';
import type { SubmissionFields } from './submission.js';

/** Fields made from the entity alone. */
export interface ContentFields {
  readonly info: BinaryInfo | undefined;
  readonly ssdeep: SsdeepFields;
  readonly tlshVector: number[] | undefined;
  readonly entropyVector: number[] | null | undefined;
  readonly features: FeatureFields;
  readonly streams: DatastreamFields;
}

/** Refuses what the entity's hashes, `info` or streams can't be encoded from. */
export function contentFields({ entity, action }: BinaryEvent): ContentFields {
  const info = readInfo(entity.info);
  return {
    info,
    ssdeep: ssdeepFields(entity, info),
    tlshVector: tlshField(entity, info),
    entropyVector: entropyField(info),
    features: featureFields(entity.features),
    streams: datastreamFields(action, entity.datastreams),
  };
}

/** Fields that depend on where the event stands in a submission. */
export interface Place {
  readonly submission: SubmissionFields;
  readonly link: LinkFields;
}

export interface DocumentParts {
  readonly sha256: string;
  /** `sha256.category.name.action`. */
  readonly stem: string;
  readonly authorSecurity: string;
  readonly labels: DocumentLabels;
  readonly content: ContentFields;
  readonly place: Place;
}

function unique(stem: string, digest: string | undefined): string | undefined {
  return digest === undefined ? undefined : `${stem}.${digest}`;
}

function infoDigest(info: BinaryInfo | undefined): string | undefined {
  return info === undefined || info.empty ? undefined : md5(info.text);
}

/** One literal with every field, absent ones undefined, so that all bodies have one shape. */
export function documentBody(event: BinaryEvent, parts: DocumentParts): DocumentBody {
  const { entity } = event;
  const { sha256, stem, content, labels } = parts;
  const { info, ssdeep, features, streams } = content;
  const { submission, link } = parts.place;
  return {
    binary_info: { name: 'metadata', parent: sha256 },
    security: labels.security,
    encoded_security: labels.encoded,
    timestamp: utcTime(event.timestamp),
    action: event.action,
    author: authorBody(event.author, parts.authorSecurity),
    track_author: event.track_authors.at(-1),
    sha256,
    sha512: lowerHash(entity.sha512),
    sha1: lowerHash(entity.sha1),
    md5: lowerHash(entity.md5),
    ssdeep: ssdeep.ssdeep,
    tlsh: entity.tlsh,
    size: entity.size,
    mime: entity.mime,
    magic: entity.magic,
    file_format: entity.file_format,
    file_extension: entity.file_extension,
    encoded_ssdeep: ssdeep.encoded,
    tlsh_vector: content.tlshVector,
    entropy_vector: content.entropyVector,
    info: info === undefined ? undefined : rawJson(info.text),
    uniq_info: unique(stem, infoDigest(info)),
    features: features.features,
    filename: features.filename,
    features_map: features.featuresMap,
    num_feature_names: features.nameCount,
    num_feature_values: features.valueCount,
    uniq_features: unique(stem, features.digest),
    datastreams: streams.datastreams,
    uniq_data: unique(stem, streams.digest),
    sha256_author_action: stem,
    depth: submission.depth,
    track_source_references: submission.references,
    track_source_references_grouped: submission.referencesGrouped,
    source: submission.source,
    track_link: link.trackLink,
    parent: link.parent,
    parent_track_author: link.parentTrackAuthor,
    parent_relationship: link.parentRelationship,
  };
}
