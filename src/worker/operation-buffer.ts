import { addContender, createOperation, documentKey, requestBytes, type Contender, type DocumentOperation } from '../sinks/operations.js';

/** Operations not yet handed to the sink, one a document: contributions that meet here are merged before anything is sent. */
export class OperationBuffer<R> {
  private operations = new Map<string, DocumentOperation<R>>();
  private size = 0;

  /** Approximate bytes of the requests that these operations will make. */
  get bytes(): number {
    return this.size;
  }

  /** False when a contribution of the same identity was in the buffer: one of the two is dropped. */
  add(contender: Contender<R>): boolean {
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
  take(): DocumentOperation<R>[] {
    const taken = [...this.operations.values()];
    this.operations = new Map();
    this.size = 0;
    return taken;
  }
}
