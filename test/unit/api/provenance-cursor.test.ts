/** Where pages of provenance begin: behind what was shown last, also when it is gone since. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ApiError } from '../../../src/api/api-error.js';
import { cursorText, positionAfter, readCursor } from '../../../src/api/provenance/cursor.js';
import type { Point, Target } from '../../../src/api/provenance/documents.js';
import { contribution } from '../sinks/fixtures.js';

const test = suite('provenance cursors');

const TARGET: Target = { sha256: 'ab'.repeat(32), document: undefined };
const POINT: Point = { docname: 'status', place: [1_772_323_200_000, 'p.plugin.1', null], id: 'task' };

/** The greatest first; two of them of one time and key. */
const LIST = [
  contribution({ eventKey: 'b', recordKey: 'b', timestamp: 9n }),
  contribution({ eventKey: 'a', recordKey: 'r2', timestamp: 9n }),
  contribution({ eventKey: 'a', recordKey: 'r1', timestamp: 9n }),
  contribution({ eventKey: 'z', recordKey: 'z', timestamp: 4n }),
];

test('a cursor tells where it was made', () => {
  LIST.forEach((last, at) => {
    const { docname, place, id, ...cursor } = readCursor(cursorText(TARGET, POINT, last), TARGET);
    assert.equal({ docname, place, id }, POINT);
    assert.is(positionAfter(LIST, { ...POINT, ...cursor }), at + 1);
  });
});

test('what was shown last may be gone, and others may have come', () => {
  const behind = (at: number, list: typeof LIST): number => positionAfter(list, readCursor(cursorText(TARGET, POINT, LIST[at]!), TARGET));
  assert.is(behind(0, LIST.slice(1)), 0);
  assert.is(behind(2, [LIST[0]!, LIST[3]!]), 1);
  assert.is(behind(3, LIST.slice(0, 3)), 3);
  assert.is(behind(3, []), 0);
  assert.is(behind(1, [contribution({ eventKey: 'new', recordKey: 'new', timestamp: 10n }), ...LIST]), 3);
});

test('only a cursor of the same list is taken', () => {
  const text = cursorText(TARGET, POINT, LIST[0]!);
  const values = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
  const changed = (at: number, value: unknown): string => Buffer.from(JSON.stringify(values.with(at, value))).toString('base64url');
  assert.is(readCursor(changed(3, 'other'), TARGET).id, 'other');
  const wrong = [
    ...['', '{', 'null', '[]'].map((json) => Buffer.from(json).toString('base64url')),
    ...[changed(0, 'other'), changed(1, 'plugin'), changed(2, []), changed(2, [1, 'a', {}]), changed(2, [0.5, 'a', null])],
    ...[changed(3, 1), changed(4, '1e3'), changed(4, 9), changed(5, null), changed(6, {})],
    Buffer.from(JSON.stringify([...values, 'more'])).toString('base64url'),
  ];
  for (const one of wrong) assert.throws(() => readCursor(one, TARGET), (error: unknown) => error instanceof ApiError && error.status === 422); // prettier-ignore
  for (const other of [
    { ...TARGET, sha256: 'cd'.repeat(32) },
    { ...TARGET, document: 'task' },
  ]) {
    assert.throws(() => readCursor(text, other), (error: unknown) => error instanceof ApiError && error.status === 422); // prettier-ignore
  }
});

test.run();
