import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createProgress } from '../../../src/cli/progress.js';
import { closest } from '../../../src/config/suggest.js';

const test = suite('command line');

test('loads nothing but commander before it knows the command', () => {
  const imports = ['main.ts', 'version.ts', 'cli/commands.ts'].flatMap((file) => {
    const text = readFileSync(new URL(`../../../src/${file}`, import.meta.url), 'utf8');
    return [...text.matchAll(/^import (?!type\b)[^;]*? from '([^']+)'/gm)].map((match) => match[1]!);
  });
  assert.equal(imports.sort(), ['./cli/commands.js', './version.js', 'commander', 'node:fs']);
});

test('reports progress as text or as JSON lines, a new stage at once, the rest once a second', () => {
  let now = 0;
  const lines: string[] = [];
  const progress = createProgress(
    'json',
    (line) => lines.push(line),
    () => now,
  );
  progress.report('reading', 1);
  progress.report('reading', 2);
  now = 1_500;
  progress.report('reading', 3, 10);
  progress.report('writing', 1);
  progress.close();
  assert.equal(
    lines.map((line) => JSON.parse(line) as unknown),
    [
      { event: 'progress', stage: 'reading', done: 1, total: null, elapsed_s: 0 },
      { event: 'progress', stage: 'reading', done: 3, total: 10, elapsed_s: 1.5 },
      { event: 'progress', stage: 'writing', done: 1, total: null, elapsed_s: 1.5 },
    ],
  );
});

test('guesses what was meant only when it is near', () => {
  assert.is(closest('expire_events', ['icon_class', 'expire_events_after']), 'expire_events_after');
  assert.is(closest('metastore_partiton', ['metastore_partition', 'metastore_sources']), 'metastore_partition');
  assert.is(closest('banana', ['icon_class', 'description']), undefined);
});

test.run();
