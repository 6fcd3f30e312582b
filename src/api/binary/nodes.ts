/** Nodes of paths and submissions as they are answered (spec 04 §3). */
import type { Relationship, StoredLink, StoredNode, StoredSource } from './stored.js';

export interface PathNode extends Omit<StoredNode, 'parent_relationship'> {
  readonly relationship?: Relationship;
  readonly filename?: string;
  readonly language?: string;
  readonly track_link?: string;
}

export interface EventSource extends StoredSource {
  readonly track_source_references?: string;
}

/** The document's own binary as a node. */
export function nodeOf({ sha256, author, action, timestamp, file_format, size, parent_relationship: relationship }: StoredNode): PathNode {
  return {
    sha256,
    author,
    action,
    timestamp,
    ...(file_format !== undefined && { file_format }),
    ...(size !== undefined && { size }),
    ...(relationship !== undefined && { relationship }),
  };
}

/** As `nodeOf`, with the link by which its parent has it. */
export function childNode(document: StoredLink): PathNode {
  return { ...nodeOf(document), track_link: document.track_link };
}

/** The document's parent, with what made the child of it: how the parent itself came to be is of no interest here (spec 04 §6.7). */
export function parentNode({ author, action, timestamp, parent_relationship: relationship, parent, track_link }: StoredLink): PathNode {
  const { sha256, file_format, size, filename, language } = parent;
  return {
    sha256,
    author,
    action,
    timestamp,
    ...(relationship !== undefined && { relationship }),
    ...(file_format !== undefined && { file_format }),
    ...(size !== undefined && { size }),
    ...(filename !== undefined && { filename }),
    ...(language !== undefined && { language }),
    track_link,
  };
}
