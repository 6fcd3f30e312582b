import { binaryIndex } from '../index-names.js';
import type { DocumentBody } from '../types.js';

/** A document without contributions of its own. */
export interface ParentDocument {
  readonly index: string;
  readonly id: string;
  readonly routing: string;
  readonly body: DocumentBody;
}

/** Readable by everybody: it says only that a binary is known, and its children are filtered on their own. */
const BODY: DocumentBody = Object.freeze({
  binary_info: Object.freeze({ name: 'binary' }),
  security: 's-any',
  encoded_security: Object.freeze({
    exclusive: Object.freeze(['s-any']),
    inclusive: Object.freeze(['s-any']),
    markings: Object.freeze([]),
    num_exclusive: 1,
  }),
});

/** The document that joins all metadata documents of a binary (spec 02 §4.10); `sha256` in lower case, as the children have it. */
export function parentDocument(partition: string, sha256: string): ParentDocument {
  return { index: binaryIndex(partition, sha256), id: sha256, routing: sha256, body: BODY };
}
