/** Rows of find (spec 04 §6.1 step 5). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rowsAsFound, rowsByHash, type FoundBinary } from '../../../../src/api/find/rows.js';

const test = suite('find rows');

const A: FoundBinary = { exists: true, has_content: true, sha256: 'a256', md5: 'a5', sha1: 'a1', sha512: 'a512', ssdeep: '3:Ab:Cd' };
const B: FoundBinary = { exists: true, has_content: false, sha256: 'b256', md5: 'b5', sha1: 'same' };
const C: FoundBinary = { exists: true, has_content: false, sha256: 'c256', sha1: 'same' };
const ABSENT = { exists: false, has_content: false };
const again = (key: string, has_content: boolean) => ({ exists: true, has_content, is_duplicate_find: true, key });

const CASES: [string, FoundBinary[], string[], object[]][] = [
  [
    'the order of the hashes, not of what was found',
    [A, B],
    ['b5', 'a1'],
    [
      { ...B, key: 'b5' },
      { ...A, key: 'a1' },
    ],
  ],
  [
    'what is not found',
    [A],
    ['x', 'a5', 'y'],
    [
      { ...ABSENT, key: 'x' },
      { ...A, key: 'a5' },
      { ...ABSENT, key: 'y' },
    ],
  ],
  [
    'repeated hashes, repeated',
    [A],
    ['a5', 'x', 'a5', 'x'],
    [
      { ...A, key: 'a5' },
      { ...ABSENT, key: 'x' },
      { ...A, key: 'a5' },
      { ...ABSENT, key: 'x' },
    ],
  ],
  [
    'one hash of several binaries',
    [B, C],
    ['same'],
    [
      { ...B, key: 'same' },
      { ...C, key: 'same' },
    ],
  ],
  [
    'a binary once, under the hash that is preferred',
    [A],
    ['3:Ab:Cd', 'a1', 'a512', 'a5', 'a256'],
    [again('3:Ab:Cd', true), again('a1', true), again('a512', true), again('a5', true), { ...A, key: 'a256' }],
  ],
  [
    'md5 before sha512 before sha1 before ssdeep',
    [A],
    ['3:Ab:Cd', 'a512', 'a1'],
    [again('3:Ab:Cd', true), { ...A, key: 'a512' }, again('a1', true)],
  ],
  ['other binaries beside duplicates', [B, C], ['same', 'b256'], [again('same', false), { ...C, key: 'same' }, { ...B, key: 'b256' }]],
  ['nothing that has no hash asked for', [C, { ...ABSENT }], ['x'], [{ ...ABSENT, key: 'x' }]],
];
for (const [what, binaries, hashes, expected] of CASES) {
  test(`shows ${what}`, () => assert.equal(rowsByHash(binaries, hashes), expected));
}

test('shows search results in their order up to the limit', () => {
  const found = new Map([
    ['b256', B],
    ['a256', A],
    ['c256', C],
  ]);
  assert.equal(rowsAsFound(found, 2), [
    { ...B, key: 'b256' },
    { ...A, key: 'a256' },
  ]);
  assert.equal(rowsAsFound(found, 0), []);
});

test.run();
