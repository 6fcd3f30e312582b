import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isWhitespace, stripWhitespace, WHITESPACE_CLASS } from '../../../projections/whitespace.js';

const test = suite('whitespace');

/** What `str.isspace` of CPython 3.12 answers true for. */
const PYTHON = [
  0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006,
  0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
];

test('is what Python strips, in both forms of the rule', () => {
  const pattern = new RegExp(`^[${WHITESPACE_CLASS}]$`);
  const units = Array.from({ length: 0x10000 }, (_, unit) => unit);
  assert.equal(units.filter(isWhitespace), PYTHON);
  assert.equal(
    units.filter((unit) => pattern.test(String.fromCharCode(unit))),
    PYTHON,
  );
});

test('strips both ends only', () => {
  assert.is(stripWhitespace('\u001c\u0085 a b \u3000\n'), 'a b');
  assert.is(stripWhitespace('\ufeffa'), '\ufeffa');
  assert.is(stripWhitespace(' \t\n'), '');
  assert.is(stripWhitespace(''), '');
});

test.run();
