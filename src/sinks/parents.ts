import type { Projection } from '../../projections/index.js';
import { parentDocument } from '../../projections/binary/parent.js';
import { documentJson } from '../../projections/json.js';
import type { DocumentOperation, ParentOperation } from './operations.js';

/** Parent of a document that became durable; undefined for projections whose documents have none. */
export type ParentOf = (document: Pick<DocumentOperation<unknown>, 'index' | 'routing'>) => ParentOperation | undefined;

/** The parent of a binary's document is named by its routing, the sha256; all parents have one body. */
export function parentFactory(projection: Projection, partition: string): ParentOf {
  if (!projection.parents) return () => undefined;
  let bodyJson: string | undefined;
  return ({ index, routing }) => {
    if (routing === undefined) return undefined;
    bodyJson ??= documentJson(parentDocument(partition, routing).body);
    return { kind: 'parent', index, id: routing, routing, bodyJson };
  };
}

/** Parents of documents, each once. */
export function parentsOf(
  documents: readonly Pick<DocumentOperation<unknown>, 'index' | 'routing'>[],
  parentOf: ParentOf,
): ParentOperation[] {
  const parents = new Map<string, ParentOperation>();
  for (const document of documents) {
    const parent = parentOf(document);
    if (parent !== undefined) parents.set(parent.id, parent);
  }
  return [...parents.values()];
}
