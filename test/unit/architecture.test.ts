/** The direction of imports and the purity of what must be pure (spec style §5), read from the sources themselves. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('architecture');

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What each folder may import besides itself; a name with a slash is a folder, others are packages and Node's modules. */
const ALLOWED: Readonly<Record<string, { readonly folders: readonly string[]; readonly modules: 'pure' | 'any' }>> = {
  schemas: { folders: [], modules: 'any' },
  projections: { folders: ['schemas'], modules: 'pure' },
  streams: { folders: ['schemas'], modules: 'any' },
  src: { folders: ['schemas', 'projections', 'streams'], modules: 'any' },
};

/** Beside Node's: a parser and a matcher of patterns, which compute and no more. */
const PURE_MODULES: ReadonlySet<string> = new Set(['node:crypto', 'node:buffer', 'chevrotain', 're2js']);
/** Reading its own schema files is all that `schemas/` needs beyond that. */
const SCHEMA_MODULES: ReadonlySet<string> = new Set([
  ...PURE_MODULES,
  'node:fs',
  'node:url',
  'node:path',
  'node:util',
  'node:module',
  'avsc',
]);

const IMPURE: readonly [string, RegExp][] = [
  ['Date.now', /\bDate\.now\b/],
  ['the current date', /\bnew Date\(\s*\)/],
  ['Math.random', /\bMath\.random\b/],
  ['random values', /\brandom(Bytes|UUID|Int|FillSync)\b|\bgetRandomValues\b/],
  ['process', /\bprocess\.(env|hrtime|cwd|argv)\b/],
  ['performance.now', /\bperformance\.now\b/],
  ['timers', /\bset(Timeout|Interval|Immediate)\(/],
  ['the console', /\bconsole\./],
];

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));
}

/** The text without comments, so that prose may name what code may not use. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

function imports(text: string): string[] {
  const found = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|\bimport\s+|\brequire\s*\(\s*)['"]([^'"]+)['"]/g);
  return Array.from(found, (match) => match[1]!);
}

/** What is wrong with the imports of one file. */
function importFaults(file: string, text: string): string[] {
  const folder = file.split('/')[0]!;
  const allowed = ALLOWED[folder]!;
  return imports(code(text)).flatMap((specifier) => {
    if (!specifier.startsWith('.')) {
      const modules = allowed.modules === 'pure' ? PURE_MODULES : folder === 'schemas' ? SCHEMA_MODULES : undefined;
      return modules === undefined || modules.has(specifier) ? [] : [`${file} imports ${specifier}`];
    }
    const target = relative(ROOT, resolve(ROOT, dirname(file), specifier)).split('/')[0]!;
    return target === folder || allowed.folders.includes(target) ? [] : [`${file} imports ${specifier}`];
  });
}

function impurities(file: string, text: string): string[] {
  return IMPURE.filter(([, pattern]) => pattern.test(code(text))).map(([what]) => `${file} uses ${what}`);
}

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

for (const folder of Object.keys(ALLOWED)) {
  test(`${folder} imports only what it may`, () => {
    const files = sources(folder);
    assert.ok(files.length > 0);
    assert.equal(
      files.flatMap((file) => importFaults(file, read(file))),
      [],
    );
  });
}

for (const folder of ['schemas', 'projections']) {
  test(`${folder} knows no clock, chance or environment`, () => {
    assert.equal(
      sources(folder).flatMap((file) => impurities(file, read(file))),
      [],
    );
  });
}

test('a breach would be named', () => {
  const breach = (file: string, text: string): string[] => [...importFaults(file, text), ...impurities(file, text)];
  assert.equal(breach('projections/a/b.ts', "import { x } from '../../streams/decode.js';"), [
    'projections/a/b.ts imports ../../streams/decode.js',
  ]);
  assert.equal(breach('projections/b.ts', "import fs from 'node:fs';"), ['projections/b.ts imports node:fs']);
  assert.equal(breach('projections/b.ts', "export * from '../src/config.js';\nconst t = Date.now();"), [
    'projections/b.ts imports ../src/config.js',
    'projections/b.ts uses Date.now',
  ]);
  assert.equal(breach('schemas/b.ts', "import type { X } from '../projections/types.js';"), [
    'schemas/b.ts imports ../projections/types.js',
  ]);
  assert.equal(breach('streams/b.ts', "const x = await import('../projections/index.js');"), [
    'streams/b.ts imports ../projections/index.js',
  ]);
  assert.equal(breach('projections/b.ts', 'x = new Date( ); y = process.env.Y; z = Math.random()'), [
    'projections/b.ts uses the current date',
    'projections/b.ts uses Math.random',
    'projections/b.ts uses process',
  ]);
  assert.equal(breach('src/b.ts', "import { a } from '../streams/x.js';\nimport pino from 'pino';"), []);
  assert.equal(breach('projections/b.ts', '/* Date.now */ // Math.random\nconst day = new Date(0);'), []);
});

test.run();
