/** Two sides given in any order, through the sorter: what seems wrong, binary by binary. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addFromLog, addStored, firstLook, PARENT_DIGEST, type FirstLookCounts } from '../../../src/compare/first-look.js';
import { inSample } from '../../../src/compare/sample.js';
import { Sorter } from '../../../src/compare/sorter.js';
import type { DocumentAddress } from '../../../src/compare/stored.js';
import { contribution } from '../sinks/fixtures.js';

const test = suite('first look');
const folder = mkdtempSync(join(tmpdir(), 'metafold-first-look-'));

test.after(() => rmSync(folder, { recursive: true }));

const claim = (key: string) => contribution({ recordKey: key, insertKeys: ['i'], insertOffsets: [3], recordTimestamp: 7n });
const child = (sha256: string, name: string): DocumentAddress => ({ index: 'x', id: `${sha256}.${name}`, routing: sha256 });

class Sides {
  private readonly sorter = new Sorter({ folder, name: 'documents', memoryBytes: 500 });

  log(sha256: string, name: string): this {
    addFromLog(this.sorter, child(sha256, name), { claim: claim(name), digest: name, required: true });
    return this;
  }

  stored(sha256: string, name: string, digest = name): this {
    const contributions = [{ claim: claim(name), trusted: name.startsWith('old') }];
    addStored(this.sorter, child(sha256, name), {
      digest,
      fold: { kind: 'contributions', contributions, truncated: false, owed: false, tokensAgree: true },
    });
    return this;
  }

  both(sha256: string, name: string): this {
    return this.log(sha256, name).stored(sha256, name);
  }

  parent(sha256: string, digest = PARENT_DIGEST): this {
    addStored(this.sorter, { index: 'x', id: sha256, routing: sha256 }, { digest, fold: { kind: 'none' } });
    return this;
  }

  candidates(counts: FirstLookCounts = { documents: 0, unverifiable: 0 }): string[] {
    const options = {
      maxContributions: 10,
      plainAllowed: false,
      parents: true,
      isSuperseded: (c: { recordKey: string }) => c.recordKey === 'gone',
    };
    return [...firstLook(this.sorter.sorted(), options, counts)].map(({ documents, parent, standing }) =>
      [
        ...documents.map(({ address }) => address.id),
        ...(parent === undefined ? [] : [`parent ${parent.id}`]),
        ...(standing ? ['+'] : []),
      ].join(' '),
    );
  }
}

test('nothing where both sides agree; counts what was stored and what nothing can confirm', () => {
  const counts = { documents: 0, unverifiable: 0 };
  const sides = new Sides().stored('bb', 'old').parent('aa').both('aa', 'one').both('aa', 'two').parent('bb');
  assert.equal(sides.candidates(counts), []);
  assert.equal(counts, { documents: 5, unverifiable: 1 });
});

test('documents of one binary come together, whether or not others have ids between theirs', () => {
  const sides = new Sides().log('aa', 'z').log('aa-b', 'y').log('aa', 'b').both('aa', 'c').parent('aa').parent('aa-b').both('aa-b', 'z');
  assert.equal(sides.candidates(), ['aa.b aa.z +', 'aa-b.y +']);
});

test('a parent is wanted exactly when a document of the log is, or one that is superseded', () => {
  assert.equal(new Sides().both('aa', 'a').candidates(), ['parent aa +']);
  assert.equal(new Sides().parent('aa').candidates(), ['parent aa']);
  assert.equal(new Sides().log('aa', 'a').candidates(), ['aa.a parent aa']);
  assert.equal(new Sides().log('aa', 'a').parent('aa').candidates(), ['aa.a']);
  assert.equal(new Sides().stored('aa', 'a').parent('aa').candidates(), ['aa.a parent aa']);
  assert.equal(new Sides().stored('aa', 'a').candidates(), ['aa.a']);
  assert.equal(new Sides().stored('aa', 'gone').parent('aa').candidates(), ['aa.gone']);
  assert.equal(new Sides().both('aa', 'a').parent('aa', 'other').candidates(), ['parent aa +']);
});

test('a sample is a share of the binaries, each with all of its documents, the same ones every time', () => {
  const sampled = Array.from({ length: 4_000 }, (_, at) => String(at)).filter((routing) => inSample(0.25)({ id: 'a', routing }));
  assert.ok(sampled.length > 900 && sampled.length < 1_100, String(sampled.length));
  assert.ok(sampled.every((routing) => inSample(0.5)({ id: 'b', routing })));
  assert.ok(sampled.every((id) => inSample(0.25)({ id, routing: undefined })));
  assert.ok(inSample(1)({ id: 'x', routing: undefined }));
});

test.run();
