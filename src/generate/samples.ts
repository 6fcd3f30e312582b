/** Made-up files: a sample keeps its digests wherever it appears again. */
import type { BinaryEntity, BinaryEntityDatastream, BinaryEntityFeature, JsonText } from '../../schemas/events.js';
import type { FileFormat } from './formats.js';
import type { Random, Weighted } from './random.js';

export interface Sample {
  readonly sha256: string;
  readonly sha512: string;
  readonly sha1: string;
  readonly md5: string;
  readonly ssdeep: string | undefined;
  readonly tlsh: string | undefined;
  readonly size: number;
  readonly format: FileFormat;
  readonly filename: string;
}

const NAME_STEMS = ['invoice', 'setup', 'update', 'scan', 'payload', 'svchost', 'readme', 'Rechnung', 'документ', 'report', 'a', 'loader'];

const SIZES: Weighted<readonly [low: number, high: number]> = [
  [[40, 4_000], 15],
  [[4_000, 400_000], 50],
  [[400_000, 12_000_000], 34],
  [[12_000_000, 900_000_000], 1],
];

/** Context-triggered piecewise hash: block size 3·2ⁿ, at most 64 and 32 characters. */
export function makeSsdeep(random: Random, size: number): string {
  let block = 3;
  while (block * 64 < size) block *= 2;
  return `${block}:${random.base64(random.int(24, 64))}:${random.base64(random.int(12, 32))}`;
}

/** TLSH version 1: `T1` and 70 upper-case hex digits (spec 02 §4.6). */
export function makeTlsh(random: Random): string {
  return 'T1' + random.hex(70).toUpperCase();
}

/** A new file. Files under 50 bytes have no TLSH, as the real algorithm gives none. */
export function makeSample(random: Random, format: FileFormat): Sample {
  const [low, high] = random.weighted(SIZES);
  const size = random.int(low, high);
  return {
    sha256: random.hex(64),
    sha512: random.hex(128),
    sha1: random.hex(40),
    md5: random.hex(32),
    ssdeep: random.chance(0.97) ? makeSsdeep(random, size) : undefined,
    tlsh: size >= 50 && random.chance(0.95) ? makeTlsh(random) : undefined,
    size,
    format,
    filename: `${random.pick(NAME_STEMS)}_${random.hex(4)}.${format.file_extension}`,
  };
}

/** The stream that holds the file itself; its fuzzy hashes stand in the entity. */
export function contentStream(sample: Sample): BinaryEntityDatastream {
  return { ...streamOf(sample, 'content'), ssdeep: undefined, tlsh: undefined };
}

/** A stream that holds the sample. */
export function streamOf(sample: Sample, label: string, language?: string): BinaryEntityDatastream {
  const { file_format, file_extension, mime, magic } = sample.format;
  return {
    identify_version: 9,
    label,
    size: sample.size,
    sha512: sample.sha512,
    sha256: sample.sha256,
    sha1: sample.sha1,
    md5: sample.md5,
    ssdeep: sample.ssdeep,
    tlsh: sample.tlsh,
    mime,
    magic,
    file_format,
    file_extension,
    language,
  };
}

export interface EntityParts {
  readonly features?: BinaryEntityFeature[];
  readonly datastreams?: BinaryEntityDatastream[];
  readonly info?: JsonText | undefined;
}

/** The entity of an event that brings the file itself: sourced, extracted, augmented. */
export function fullEntity(sample: Sample, parts: EntityParts): BinaryEntity {
  const { file_format, file_extension, mime, magic } = sample.format;
  const { sha256, sha512, sha1, md5, ssdeep, tlsh, size } = sample;
  return { sha256, sha512, sha1, md5, ssdeep, tlsh, size, mime, magic, file_format, file_extension, ...completeParts(parts) };
}

/** The entity of an event that only knows the file's digests: mapped. */
export function knownEntity(sample: Sample, parts: EntityParts): BinaryEntity {
  return { ...bareEntity(sample, parts), sha512: sample.sha512, sha1: sample.sha1, md5: sample.md5 };
}

/** The entity of an enriched event: it points at the file and says nothing else about it. */
export function bareEntity(sample: Sample, parts: EntityParts): BinaryEntity {
  return {
    sha256: sample.sha256,
    sha512: undefined,
    sha1: undefined,
    md5: undefined,
    ssdeep: undefined,
    tlsh: undefined,
    size: undefined,
    mime: undefined,
    magic: undefined,
    file_format: undefined,
    file_extension: undefined,
    ...completeParts(parts),
  };
}

function completeParts(parts: EntityParts): Pick<BinaryEntity, 'info' | 'features' | 'datastreams'> {
  return { info: parts.info, features: parts.features ?? [], datastreams: parts.datastreams ?? [] };
}
