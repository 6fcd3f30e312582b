import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { memoised } from '../../../projections/memo.js';
import {
  authorToken,
  binaryTokens,
  eventKeyToken,
  insertToken,
  keyTokens,
  linkToken,
  recordKeyToken,
  submissionAtToken,
  submissionToken,
} from '../../../projections/tokens.js';
import { binaryEvent } from './binary/events.js';

const test = suite('track tokens');

const bits = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 16);

test('are a letter and 96 bits of SHA-256', () => {
  assert.is(recordKeyToken('k'), 'r' + bits('k'));
  assert.is(eventKeyToken('k'), 'e' + bits('k'));
  assert.is(submissionToken('s1.é'), 's' + bits('s1.é'));
  assert.is(submissionAtToken('s1', -5n), 't' + bits('s1\u0000-5'));
  assert.is(linkToken('l'), 'l' + bits('l'));
  assert.is(authorToken('a'), 'a' + bits('a'));
  assert.is(insertToken('i'), 'i' + bits('i'));
  assert.match(authorToken('x'), /^[a-z][A-Za-z0-9_-]{16}$/);
});

test('cover everything that a delete, a tombstone or a replaced insert names, sorted and once', () => {
  const event = binaryEvent({ event: { kafka_key: 'e', track_links: ['l1', 'l2', 'l1'], track_authors: ['a1', 'a2', 'a1'] } });
  const expected = [
    authorToken('a1'),
    authorToken('a2'),
    eventKeyToken('e'),
    insertToken('i1'),
    linkToken('l1'),
    linkToken('l2'),
    recordKeyToken('r'),
    submissionToken('s2.ee'),
    submissionAtToken('s2.ee', event.source.timestamp),
  ];
  assert.equal(binaryTokens(event, 'r', ['i1']), expected.sort());
});

test('of other documents are those of the keys', () => {
  assert.equal(keyTokens('r', 'e'), [eventKeyToken('e'), recordKeyToken('r')]);
  assert.equal(keyTokens('k', 'k'), [eventKeyToken('k'), recordKeyToken('k')]);
});

test('remembered results stay right when the memory is full', () => {
  let calls = 0;
  const double = memoised(2, (text) => {
    calls++;
    return text + text;
  });
  for (const text of ['a', 'b', 'a', 'c', 'a', 'b', 'c']) assert.is(double(text), text + text);
  assert.ok(calls >= 4 && calls < 7);
});

test.run();
