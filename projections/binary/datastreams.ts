/** Streams of a binary document (spec 02 §4.5). */
import type { BinaryEntityDatastream } from '../../schemas/events.js';
import { compareCodePoints } from '../code-points.js';
import { md5 } from '../digest.js';
import { RefusalError } from '../refusal.js';
import type { DocumentBody } from '../types.js';

export interface DatastreamFields {
  readonly datastreams: readonly DocumentBody[] | undefined;
  /** md5 over the sorted sha256 of all streams, also of those that the document does not show. */
  readonly digest: string | undefined;
}

const NO_STREAMS: DatastreamFields = { datastreams: undefined, digest: undefined };

function streamBody(stream: BinaryEntityDatastream): DocumentBody {
  return {
    identify_version: stream.identify_version === 0 ? undefined : stream.identify_version,
    label: stream.label,
    size: stream.size,
    sha512: stream.sha512,
    sha256: stream.sha256,
    sha1: stream.sha1,
    md5: stream.md5,
    ssdeep: stream.ssdeep,
    tlsh: stream.tlsh,
    mime: stream.mime,
    magic: stream.magic,
    file_format: stream.file_format,
    file_extension: stream.file_extension,
    language: stream.language,
  };
}

function checkHashes(streams: readonly BinaryEntityDatastream[]): void {
  for (let i = 0; i < streams.length; i++) {
    if (streams[i]!.sha256 === undefined) {
      throw new RefusalError('KeyError', `entity.datastreams[${i}].sha256 is absent, expected the stream's hash`);
    }
  }
}

function sorted(streams: readonly BinaryEntityDatastream[]): readonly BinaryEntityDatastream[] {
  return streams.length < 2 ? streams : [...streams].sort((a, b) => compareCodePoints(a.sha256!, b.sha256!));
}

/**
 * Streams sorted by sha256 (stable) and their digest; an augmented binary does not show its `content`, an enriched one
 * nothing. Refuses a stream without sha256, whatever the action.
 */
export function datastreamFields(action: string, streams: readonly BinaryEntityDatastream[]): DatastreamFields {
  checkHashes(streams);
  if (action === 'enriched') return NO_STREAMS;
  const ordered = sorted(streams);
  const digest = ordered.length === 0 ? undefined : md5(ordered.map((stream) => stream.sha256!).join('.'));
  if (action === 'augmented') {
    return { datastreams: ordered.filter((stream) => stream.label !== 'content').map(streamBody), digest };
  }
  return ordered.length === 0 ? NO_STREAMS : { datastreams: ordered.map(streamBody), digest };
}
