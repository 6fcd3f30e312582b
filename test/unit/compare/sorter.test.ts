import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compareCodePoints } from '../../../projections/code-points.js';
import { KeyFile, KeyFileWriter, keyName } from '../../../src/compare/key-file.js';
import { Sorter } from '../../../src/compare/sorter.js';

const test = suite('sorter');
const folder = mkdtempSync(join(tmpdir(), 'metafold-sorter-'));

test.after(() => rmSync(folder, { recursive: true }));

function sorted(pairs: readonly (readonly [string, string])[], memoryBytes: number, fanIn: number): [string, string][] {
  const sorter = new Sorter({ folder, name: 'run', memoryBytes, fanIn });
  for (const [key, value] of pairs) sorter.add(Buffer.from(key), Buffer.from(value));
  return [...sorter.sorted()].map(({ key, value }) => [key.toString(), value.toString()]);
}

/** Without lone surrogates, which have no bytes of their own. */
const text = fc.string({ unit: 'binary', maxLength: 12 });

test('sorts by code points and keeps the order of equal keys, whatever fits into memory', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(text, text), { maxLength: 200 }),
      fc.integer({ min: 8, max: 600 }),
      fc.integer({ min: 2, max: 5 }),
      (pairs, memoryBytes, fanIn) => {
        const expected = [...pairs].sort(([a], [b]) => compareCodePoints(a, b));
        assert.equal(sorted(pairs, memoryBytes, fanIn), expected);
      },
    ),
  );
});

test('leaves no runs behind', () => {
  assert.is(
    sorted(
      Array.from({ length: 500 }, (_, at) => [`${(at * 7919) % 500}`, 'x'.repeat(at)]),
      2_000,
      3,
    ).length,
    500,
  );
  assert.equal(readdirSync(folder), []);
});

test('an entry larger than the memory, and than what is read at a time', () => {
  const large = 'v'.repeat(300_000);
  assert.equal(sorted([['b', large], ['a', 'small'], ['c', large]], 100, 2), [['a', 'small'], ['b', large], ['c', large]]); // prettier-ignore
});

test('a key file finds the last record of each key, and no others', () => {
  const path = join(folder, 'keys');
  const names = Array.from({ length: 1000 }, (_, at) => ({
    name: keyName(at % 3, at % 7, `key-${at}`),
    offset: at * 1e6,
    contributes: at % 2 === 0,
  }));
  names.sort((a, b) => Buffer.compare(a.name, b.name));
  const writer = new KeyFileWriter(path);
  for (const { name, ...last } of names) writer.write(name, last);
  writer.close();
  const file = new KeyFile(path);
  for (const { name, ...last } of names) assert.equal(file.find(name), last);
  assert.is(file.find(keyName(0, 1, 'key-0')), undefined);
  assert.is(file.find(keyName(9, 9, 'none')), undefined);
  file.close();
  rmSync(path);
});

test.run();
