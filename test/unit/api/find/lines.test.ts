/** Listings as lines (spec 04 §15): bounded, and ended by a line that says how it went. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { linesStream, listingLines, type Listing } from '../../../../src/api/find/lines.js';
import type { Page } from '../../../../src/api/find/page.js';

const test = suite('lines');

interface Item {
  readonly n: number;
}

const META = '{"meta":{"security":"LOW"}}\n';

/** Pages of two items; `asked` notes which were read after the first. */
function listing(pages: number, asked: number[], failAt = Infinity): Listing<Item> {
  const page = (at: number): Page<Item> => (at < pages ? { items: [{ n: 2 * at }, { n: 2 * at + 1 }], after: String(at) } : { items: [] });
  return {
    first: page(0),
    next: async (after) => {
      const at = Number(after) + 1;
      asked.push(at);
      await new Promise((resolve) => setImmediate(resolve));
      if (at === failAt) throw new Error('broken');
      return page(at);
    },
    end: () => ({ meta: { security: 'LOW' } }),
    broken: (error) => ({ error: { ref: '', message: (error as Error).message } }),
  };
}

async function textOf(lines: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const part of lines) text += part;
  return text;
}

test('writes every item of every page, then the meta line', async () => {
  const asked: number[] = [];
  assert.is(await textOf(listingLines(listing(3, asked))), `{"n":0}\n{"n":1}\n{"n":2}\n{"n":3}\n{"n":4}\n{"n":5}\n${META}`);
  assert.equal(asked, [1, 2, 3]);
  assert.is(await textOf(listingLines(listing(0, []))), META);
});

test('ends with the error where it broke off', async () => {
  const text = await textOf(listingLines(listing(9, [], 2)));
  assert.is(text, '{"n":0}\n{"n":1}\n{"n":2}\n{"n":3}\n{"error":{"ref":"","message":"broken"}}\n');
});

test('writes nothing more when nobody listens', async () => {
  const text = await textOf(listingLines({ ...listing(9, [], 1), broken: () => undefined }));
  assert.is(text, '{"n":0}\n{"n":1}\n');
});

test('reads no further than a page or two ahead of the caller', async () => {
  const asked: number[] = [];
  const stream = linesStream(listingLines(listing(1_000, asked)));
  const taken = stream.iterator();
  for (let read = 1; read <= 5; read++) {
    await taken.next();
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(asked.length <= read + 1, `${asked.length} pages were read when ${read} were taken`);
  }
  stream.destroy();
  const before = asked.length;
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.is(asked.length, before, 'nothing is read for a caller who left');
});

test.run();
