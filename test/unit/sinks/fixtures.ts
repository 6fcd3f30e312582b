import type { Contribution, DocumentBody } from '../../../projections/types.js';
import type { TextWriter } from '../../../src/sinks/document-text.js';
import { createContender, createOperation, type Contender, type DocumentOperation } from '../../../src/sinks/operations.js';

export function contribution(overrides: Partial<Contribution> = {}): Contribution {
  return {
    topic: 't',
    partition: 0,
    recordKey: 'k',
    eventKey: overrides.recordKey ?? 'k',
    insertKeys: [],
    offset: 0,
    insertOffsets: [],
    timestamp: 1000n,
    recordTimestamp: overrides.timestamp ?? 1000n,
    source: undefined,
    sourceTimestamp: undefined,
    tokens: [],
    ...overrides,
  };
}

/** The record of a contender is its number here. */
export function contender(
  record: number,
  overrides: Partial<Contribution> = {},
  body: DocumentBody = { n: record },
  id = 'd',
  routing?: string,
  texts?: TextWriter,
): Contender<number> {
  return createContender({ index: 'i', id, routing, body, contribution: contribution(overrides) }, record, 0, texts);
}

export function operation(id: string, body: DocumentBody = { n: id }): DocumentOperation<number> {
  return createOperation(contender(0, {}, body, id));
}
