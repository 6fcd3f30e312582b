/** Whatever is typed gives a query or an error with a place, at once. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { documentJson } from '../../../../projections/json.js';
import { autocomplete } from '../../../../src/search/term/autocomplete.js';
import { TermError } from '../../../../src/search/term/errors.js';
import { explainTerm } from '../../../../src/search/term/explain.js';

const test = suite('term fuzz');

const RUNS = 100_000;
const LIMIT_MS = 50;
/** A pause of the machine looks like a slow parse once, hardly three times in a row. */
const ATTEMPTS = 3;

const PIECES = [
  ...[
    'a',
    'key',
    'file_format',
    'binary.tag',
    'feature.tag',
    'fold.tokens',
    '12',
    '1_0',
    '1.5',
    '-5',
    '+3',
    '.5',
    '1e5',
    '1e999',
    '9'.repeat(30),
  ],
  ...[
    'kb',
    'MiB',
    'b',
    'TO',
    'to',
    'To',
    'AND',
    'and',
    'aNd',
    'OR',
    'or',
    'oR',
    'DOCAND',
    'docand',
    'docAND',
    'NOT',
    'not',
    'nOT',
    'android',
  ],
  ...[
    '"x y"',
    '""',
    "'y'",
    '"',
    "'",
    '\\',
    '\\"',
    '\\n',
    '\\x',
    '(',
    ')',
    '[',
    ']',
    '!',
    ':',
    ':=',
    ':>',
    ':<',
    ':>=',
    ':<=',
    '*',
    '?',
    '-',
    '_',
    '.',
  ],
  ...[
    ' ',
    ' ',
    ' ',
    '  ',
    '\t',
    '\n',
    '\r',
    '=',
    '/',
    'é',
    '😀',
    '\ud83d',
    '\u00a0',
    'a:b',
    'c:"d"',
    '[1 TO 5]',
    '(1 TO 5)',
    'size:>10kb',
    '(a b)',
  ],
];

const composed = fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((pieces) => pieces.join(''));
const arbitrary = fc.string({ unit: 'binary', maxLength: 40 });
const repeated = fc.tuple(composed, fc.integer({ min: 1, max: 20 })).map(([piece, times]) => piece.repeat(times));
const terms = fc.oneof({ arbitrary: composed, weight: 6 }, { arbitrary, weight: 2 }, { arbitrary: repeated, weight: 1 });

/** Milliseconds that the answer took. */
function timed(answer: () => void): number {
  const start = performance.now();
  answer();
  return performance.now() - start;
}

function explain(term: string): TermError | undefined {
  try {
    const { query } = explainTerm(term);
    if (query !== null) JSON.parse(documentJson(query));
  } catch (error) {
    if (error instanceof TermError) return error;
    throw error;
  }
  return undefined;
}

function checkPlace(term: string, { line, column }: TermError): void {
  const lines = term.split('\n');
  assert.ok(line >= 1 && line <= lines.length, `line ${line} of ${lines.length}`);
  // A line end is a blank like any other and belongs to its line.
  const length = Array.from(lines[line - 1]!).length + (line < lines.length ? 1 : 0);
  assert.ok(column >= 1 && column <= length, `column ${column} of ${length}`);
}

test(`gives a query or an error with a place for ${RUNS} terms, each within ${LIMIT_MS} ms`, () => {
  let [queries, errors] = [0, 0];
  fc.assert(
    fc.property(terms, fc.nat({ max: 40 }), (term, offset) => {
      const error = explain(term);
      if (error === undefined) queries++;
      else {
        errors++;
        checkPlace(term, error);
      }
      const completion = autocomplete(term, offset);
      if (error === undefined) assert.is.not(completion.type, 'Error');
      let attempt = 0;
      while (timed(() => explain(term)) > LIMIT_MS) assert.ok(++attempt < ATTEMPTS, `over ${LIMIT_MS} ms`);
    }),
    { numRuns: RUNS },
  );
  // Neither kind of answer may be a rarity, or the terms are no test.
  assert.ok(queries > RUNS / 50, `${queries} queries`);
  assert.ok(errors > RUNS / 50, `${errors} errors`);
});

test.run();
