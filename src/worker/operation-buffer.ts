import { addContender, createOperation, documentKey, requestBytes, type Contender, type DocumentOperation } from '../sinks/operations.js';

/** Operations not yet handed to the sink, one a document: contributions that meet here are merged before anything is sent. */
export class OperationBuffer<R> {
  private operations = new Map<string, DocumentOperation<R>>();
  private size = 0;

  /** Approximate bytes of the requests that these operations will make. */
  get bytes(): number {
    return this.size;
  }

  add(contender: Contender<R>): void {
    const key = documentKey(contender);
    const known = this.operations.get(key);
    if (known === undefined) {
      const operation = createOperation(contender);
      this.operations.set(key, operation);
      this.size += requestBytes(operation);
      return;
    }
    this.size -= requestBytes(known);
    addContender(known, contender);
    this.size += requestBytes(known);
  }

  /** Empties the buffer. */
  take(): DocumentOperation<R>[] {
    const taken = [...this.operations.values()];
    this.operations = new Map();
    this.size = 0;
    return taken;
  }
}
