/** Streams of a binary: those of its documents, the same bytes as one (spec 04 §6.7, 05 §9.1). */
import { compareCodePoints } from '../../../projections/code-points.js';
import type { ExactNumber, StoredStream } from './stored.js';

/** The fields of the stream that was found first, with the labels and the documents' keys of all. */
export interface BinaryStream {
  readonly sha256: string;
  readonly size?: ExactNumber;
  readonly label: readonly string[];
  readonly instances: readonly string[];
  readonly [field: string]: unknown;
}

export interface StreamDocument {
  readonly sha256_author_action: string;
  readonly datastreams?: readonly StoredStream[];
}

export const CONTENT = 'content';

/** Sorted by their first label; equal ones stay in order. */
export function mergeStreams(documents: readonly StreamDocument[]): BinaryStream[] {
  const bySha256 = new Map<string, { readonly stream: StoredStream; readonly labels: Set<string>; readonly instances: string[] }>();
  for (const { datastreams = [], sha256_author_action: instance } of documents) {
    for (const stream of datastreams) {
      const same = bySha256.get(stream.sha256) ?? { stream, labels: new Set(), instances: [] };
      bySha256.set(stream.sha256, same);
      same.labels.add(stream.label);
      same.instances.push(instance);
    }
  }
  const merged = Array.from(bySha256.values(), ({ stream, labels, instances }) => ({
    ...stream,
    label: [...labels].sort(compareCodePoints),
    instances,
  }));
  return merged.sort((a, b) => compareCodePoints(a.label[0]!, b.label[0]!));
}
