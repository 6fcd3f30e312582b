/**
 * Parents follow their children: one exists exactly when one of its children does (spec 00 "Removal").
 *
 * Nothing but its children leads to a parent, so a worker that died between the removal of a last child and that of its parent would
 * leave the parent for ever: whoever repeats the removal finds no child. So a parent goes *before* its last child, and is put back before a
 * child is written that stays after all. What other writers do at the same time is found out afterwards, by counting again until both agree:
 * every writer of a child sends the parent after it, and every remover counts after it, so the last of them sees what the others did.
 */
import type { Client } from '@opensearch-project/opensearch';
import type { RawRecord } from '../../streams/consumer.js';
import { openSearchRequest } from '../opensearch/request.js';
import type { OpenSearchSink } from '../sinks/opensearch-sink.js';
import type { DeleteOperation, GuardedOperation } from '../sinks/operations.js';
import type { ParentOf } from '../sinks/parents.js';
import { distinctDocuments, type RawDocument } from './documents.js';
import { EXACT, LENIENT, readDocuments, type DocumentFinder } from './find.js';
import type { Patience } from './patience.js';

/** Names a parent document: its id and routing are the sha256. */
export interface ParentName {
  readonly index: string;
  readonly id: string;
  readonly routing: string;
}

export interface ParentKeeper {
  /** Before these changes to children are made. Answers with the parents that it removed. */
  prepare(operations: readonly GuardedOperation<RawRecord>[]): Promise<readonly ParentName[]>;
  /** Makes each of the parents exist or not, as its children say. */
  judge(parents: readonly ParentName[]): Promise<{ readonly removed: readonly ParentName[]; readonly restored: readonly ParentName[] }>;
}

export interface ParentKeeperDependencies {
  readonly client: Client;
  readonly finder: DocumentFinder;
  readonly sink: OpenSearchSink<RawRecord>;
  readonly parentOf: ParentOf;
  readonly patience: Patience;
}

/** Parent of a document; undefined when documents of its kind have none. */
export function parentName({ index, routing }: { readonly index: string; readonly routing: string | undefined }): ParentName | undefined {
  return routing === undefined ? undefined : { index, id: routing, routing };
}

export function createParentKeeper({ client, finder, sink, parentOf, patience }: ParentKeeperDependencies): ParentKeeper {
  /** Those of the parents that have children besides the ones named by id. */
  async function withChildren(parents: readonly ParentName[], except: readonly string[]): Promise<ReadonlySet<string>> {
    const indices = indicesOf(parents);
    await finder.refresh(indices);
    const { body } = await patience('counting of children', () =>
      openSearchRequest<ChildrenAnswer>(client, 'POST', `/${indices.map(encodeURIComponent).join(',')}/_search`, {
        query: { ...LENIENT, ...EXACT },
        body: {
          size: 0,
          track_total_hits: false,
          query: { bool: { filter: [{ terms: { sha256: parents.map(({ id }) => id) } }], must_not: [{ ids: { values: except } }] } },
          // `map`: what it costs depends on the children found, not on the index.
          aggs: { parents: { terms: { field: 'sha256', size: parents.length, execution_hint: 'map' } } },
        },
      }),
    );
    return new Set(body.aggregations?.parents.buckets.map(({ key }) => key));
  }

  async function present(parents: readonly ParentName[]): Promise<Map<string, RawDocument>> {
    const found = await readDocuments(client, patience, parents, false);
    return new Map(found.map((document) => [document._id, document]));
  }

  /** Removes parents as they were read; answers with those that it did remove. */
  async function remove(parents: readonly ParentName[], as: ReadonlyMap<string, RawDocument>): Promise<ParentName[]> {
    const operations = parents.flatMap((parent): DeleteOperation[] => {
      const read = as.get(parent.id);
      return read ? [{ kind: 'delete', ...parent, seqNo: read._seq_no, primaryTerm: read._primary_term }] : [];
    });
    if (operations.length === 0) return [];
    const { conflicts } = await sink.submit(operations);
    const left = new Set(conflicts.map(({ id }) => id));
    return operations.filter(({ id }) => !left.has(id)).map(({ index, id }) => ({ index, id, routing: id }));
  }

  async function create(parents: readonly ParentName[]): Promise<void> {
    if (parents.length > 0) await sink.submit(parents.flatMap((parent) => parentOf(parent) ?? []));
  }

  return {
    async prepare(operations) {
      const staying = parentsOf(operations.filter(({ kind }) => kind !== 'delete'));
      await create(staying);
      const going = operations.filter(({ kind }) => kind === 'delete');
      const known = new Set(staying.map(({ id }) => id));
      const parents = parentsOf(going).filter(({ id }) => !known.has(id));
      if (parents.length === 0) return [];
      const kept = await withChildren(parents, going.map(({ id }) => id)); // prettier-ignore
      const lonely = parents.filter(({ id }) => !kept.has(id));
      return remove(lonely, await present(lonely));
    },

    async judge(parents) {
      const removed: ParentName[] = [];
      const restored: ParentName[] = [];
      let open: readonly ParentName[] = distinctDocuments(parents);
      while (open.length > 0) {
        const wanted = await withChildren(open, []);
        const there = await present(open);
        const missing = open.filter(({ id }) => wanted.has(id) && !there.has(id));
        const orphaned = open.filter(({ id }) => !wanted.has(id) && there.has(id));
        await create(missing);
        restored.push(...missing);
        removed.push(...(await remove(orphaned, there)));
        open = [...missing, ...orphaned];
      }
      return { removed, restored };
    },
  };
}

interface ChildrenAnswer {
  readonly aggregations?: { readonly parents: { readonly buckets: readonly { readonly key: string }[] } };
}

function parentsOf(documents: readonly GuardedOperation<RawRecord>[]): ParentName[] {
  return distinctDocuments(documents.flatMap((document) => parentName(document) ?? []));
}

function indicesOf(parents: readonly ParentName[]): string[] {
  return [...new Set(parents.map(({ index }) => index))];
}
