import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cutBodies, parseOperations } from '../../../src/bench/floor.js';

const test = suite('floor of the fold');

const CREATE = ['{"create":{"_index":"azul.x.one.binary2.a","_id":"1"}}', '{"sha256":"a","note":"{\\"delete\\"azul.x.one."}'];
const UPDATE = ['{"update":{"_index":"azul.x.one.binary2.a","_id":"1"}}', '{"script":{"id":"merge"}}'];
const DELETE = ['{"delete":{"_index":"azul.o.one.plugin","_id":"2"}}'];

const body = (...lines: readonly string[][]): string => lines.flat().join('\n') + '\n';
const parsed = (text: string): ReturnType<typeof parseOperations> => parseOperations(Buffer.from(text));

test('keeps every operation that the fold sends, merges and deletes too', () => {
  const operations = parsed(body(CREATE, DELETE, UPDATE));
  assert.equal(operations.map(({ action, source }) => [action, String(source)]), [
    [CREATE[0], `${CREATE[1]!}\n`],
    [DELETE[0], ''],
    [UPDATE[0], `${UPDATE[1]!}\n`],
  ]); // prettier-ignore
  assert.throws(() => parsed('{"create":{}}'), /ends within a line/);
});

test('cuts them anew for other indices and changes nothing else', () => {
  const operations = parsed(body(CREATE, DELETE, UPDATE));
  const there = (lines: readonly string[]): string[] => [lines[0]!.replace('.one.', '.two.'), ...lines.slice(1)];
  const whole = cutBodies(operations, 'one', 'two', 1e6).map(String);
  assert.equal(whole, [body(there(CREATE), there(DELETE), there(UPDATE))]);
  const pieces = cutBodies(operations, 'one', 'two', 100).map(String);
  assert.equal(pieces, [body(there(CREATE)), body(there(DELETE), there(UPDATE))]);
});

test.run();
