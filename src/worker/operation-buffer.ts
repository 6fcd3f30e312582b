import type { DocumentWrite } from '../../projections/types.js';
import { ChunkPool, TextWriter } from '../sinks/document-text.js';
import { addContender, createContender, createOperation, documentKey, requestBytes, type DocumentOperation } from '../sinks/operations.js';

/** What a buffer was emptied of. */
export interface Batch<R> {
  readonly operations: DocumentOperation<R>[];
  /** To be called once nothing needs the operations' texts any more: their memory is used again. */
  readonly release: () => void;
}

/** Operations not yet handed to the sink, one a document: contributions that meet here are merged before anything is sent. */
export class OperationBuffer<R> {
  private operations = new Map<string, DocumentOperation<R>>();
  private readonly pool = new ChunkPool();
  private readonly texts = new TextWriter(this.pool);
  private size = 0;

  /** Approximate bytes of the requests that these operations will make. */
  get bytes(): number {
    return this.size;
  }

  /** `recordBytes`: what the record holds in memory. False when a contribution of the same identity was in the buffer: one of the two is dropped. */
  add(write: DocumentWrite, record: R, recordBytes: number): boolean {
    const contender = createContender(write, record, recordBytes, this.texts);
    const key = documentKey(contender);
    const known = this.operations.get(key);
    if (known === undefined) {
      const operation = createOperation(contender);
      this.operations.set(key, operation);
      this.size += requestBytes(operation);
      return true;
    }
    this.size -= requestBytes(known);
    const added = addContender(known, contender);
    this.size += requestBytes(known);
    return added;
  }

  /** Empties the buffer. */
  take(): Batch<R> {
    const operations = [...this.operations.values()];
    const chunks = this.texts.take();
    this.operations = new Map();
    this.size = 0;
    return { operations, release: () => this.pool.give(chunks) };
  }
}
