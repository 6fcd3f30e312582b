import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MetafoldError } from '../../../src/errors.js';
import { readLines } from '../../../src/publish/input.js';

const test = suite('input lines');
const folder = mkdtempSync(join(tmpdir(), 'metafold-input-'));
test.after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function lines(...files: string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of readLines(files)) for (const { line, text } of batch) found.push(`${line}:${text}`);
  return found;
}

async function failure(path: string): Promise<string> {
  try {
    await lines(path);
  } catch (error) {
    assert.instance(error, MetafoldError);
    assert.is((error as MetafoldError).code, 'MF_INPUT');
    return (error as MetafoldError).message;
  }
  throw new Error('was read');
}

test('numbers lines from 1, passes over empty ones, needs no line end at the end', async () => {
  assert.equal(await lines(file('a', 'one\n\n  \ntwo\r\nthree')), ['1:one', '4:two\r', '5:three']);
  assert.equal(await lines(file('empty', '')), []);
  assert.equal(await lines(file('single', 'x')), ['1:x']);
});

test('numbers the lines of each file', async () => {
  assert.equal(await lines(file('b', 'one\n'), file('c', 'two\n')), ['1:one', '1:two']);
});

test('unzips by content, several members too', async () => {
  const text = Buffer.concat([gzipSync('one\ntw'), gzipSync('o\n')]);
  assert.equal(await lines(file('no-extension', text)), ['1:one', '2:two']);
  assert.equal(await lines(file('plain.gz', 'not zipped\n')), ['1:not zipped']);
});

test('keeps lines that are longer than a chunk whole', async () => {
  const long = 'ü'.repeat(1_500_000);
  assert.equal(await lines(file('long', `a\n${long}\nb\n`)), ['1:a', `2:${long}`, '3:b']);
});

test('drops a byte order mark', async () => {
  assert.equal(await lines(file('bom', '\uFEFFone\n')), ['1:one']);
});

test('names the file that cannot be read', async () => {
  assert.match(await failure(join(folder, 'none')), /none: cannot be read \(ENOENT\)/);
  assert.match(await failure(file('cut.gz', gzipSync('x'.repeat(1000)).subarray(0, 20))), /cut\.gz: cannot be read/);
});

test('names the line that is not UTF-8', async () => {
  assert.match(await failure(file('latin', Buffer.from('one\nt\xfcr\n', 'latin1'))), /latin:2: .*UTF-8/);
});

test.run();
