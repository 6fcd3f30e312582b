import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SecurityError } from '../../../../projections/security/errors.js';
import type { SecurityPolicy } from '../../../../projections/security/policy.js';
import { enforcedPolicy, policyWith, policyWithLabels } from './configurations.js';

const test = suite('security policy');
const c0 = policyWith();
const c1 = enforcedPolicy();

function outcome(make: () => string): string {
  try {
    return make();
  } catch (error) {
    if (error instanceof SecurityError) return error.cause === undefined ? error.code : `${error.code} (${error.cause.code})`;
    throw error;
  }
}

const NORMALISED: [string, string][] = [
  ['low', 'LOW'],
  ['LOW//TLP:GREEN', 'LOW TLP:GREEN'],
  ['LOW TLP:GREEN TLP:AMBER', 'LOW TLP:AMBER'],
  ['LOW TLP:AMBER+STRICT TLP:CLEAR', 'LOW TLP:AMBER+STRICT'],
  ['MEDIUM TLP:GREEN', 'MEDIUM'],
  ['LOW MEDIUM TLP:GREEN', 'MEDIUM'],
  ['HIGH TOP HIGH', 'TOP HIGH'],
  ['LOW LOW: LY', 'LOW: LY'],
  ['LOW MOD3 MOD1 MOD2', 'LOW MOD1 MOD2 MOD3'],
  ['MEDIUM  OVER HANOVERLAP', 'MEDIUM HANOVERLAP OVER'],
  ['LOW  LOW', 'LOW'],
  ['rel:bee,apple medium mod2 mod1', 'MEDIUM MOD1 MOD2 REL:APPLE,BEE'],
  ['MEDIUM//REL:CAR/REL:BEE REL:APPLE', 'MEDIUM REL:APPLE,BEE,CAR'],
  ['MEDIUM REL:APPLEO,BEE', 'MEDIUM REL:APPLE,BEE'],
  ['MEDIUM REL:APPLEO', 'MEDIUM REL:APPLE'],
  ['MEDIUM REL:APPLE REL:APPLE', 'MEDIUM REL:APPLE'],
  ['MEDIUM REL:APPLE MOD1 REL:BEE', 'MEDIUM MOD1 REL:APPLE,BEE'],
  ['LOW MEDIUM REL:APPLE', 'MEDIUM REL:APPLE'],
  ['MEDIUM REL:', 'MEDIUM'],
  ['MEDIUM REL:,', 'MEDIUM'],
  ['MEDIUM REL:APPLE,', 'MEDIUM REL:APPLE'],
  ['MEDIUM\\MOD1', 'MEDIUM MOD1'],
  ['HIGH MEDIUM LOW: LY LOW MOD1 REL:CAR,APPLE TLP:CLEAR', 'HIGH MOD1 REL:APPLE,CAR'],
];

for (const [raw, expected] of NORMALISED) {
  test(`normalises ${JSON.stringify(raw)}`, () => assert.is(c0.normalise(raw), expected));
}

const N = 'SecurityNoClassificationInRawSecurity';
const G = 'SecurityInvalidGroupsWhileNormalising';
const W = 'SecurityInvalidSecurityStringWhileNormalising';

const REFUSED: [string, string, string][] = [
  ['', N, '""'],
  ['   ', N, '"   "'],
  ['REL:APPLE', N, 'REL:APPLE'],
  ['MOD1', N, 'MOD1'],
  ['TLP:GREEN', N, 'TLP:GREEN'],
  ['LOW,MOD1', N, 'LOW,MOD1'],
  ['LOW\tMOD1', N, 'LOW'],
  ['LOW\n', N, 'LOW'],
  ['s-any', N, 's-any'],
  ['S-ANY', N, 'S-ANY'],
  ['s-low', N, 's-low'],
  ['LOW FOO', G, 'FOO'],
  ['LOW TLP:RED', G, 'TLP:RED'],
  ['LOW LOW', G, 'LOW'],
  ['LOW MOD1 MOD1', G, 'MOD1'],
  ['LOW MOD1\n', G, 'MOD1'],
  ['MEDIUM REL:APPLE, BEE', G, 'BEE'],
  ['MEDIUM XREL:APPLE', G, 'X'],
  ['MEDIUM REL:BEE', `${W} (SecurityMissingOrigin)`, 'raw_security=MEDIUM REL:BEE'],
  ['LOW REL:BEE', `${W} (SecurityMissingOrigin)`, 'REL:APPLE'],
  ['MEDIUM REL:ZED', `${W} (SecurityMissingOrigin)`, 'REL:ZED'],
  ['MEDIUM REL:APPLE,ZED', `${W} (SecurityInvalidReleasabilityGroup)`, 'REL:ZED'],
  ['MEDIUM REL:APPLE,REL:BEE', `${W} (SecurityInvalidReleasabilityGroup)`, 'REL:REL:BEE'],
  ['LOW REL:APPLE', `${W} (SecurityClassificationDoesntSupportReleasability)`, 'REL:APPLE'],
  ['\uff4c\uff4f\uff57', N, '\uff4c\uff4f\uff57'],
];

for (const [raw, code, text] of REFUSED) {
  test(`refuses ${JSON.stringify(raw)}`, () => {
    assert.is(
      outcome(() => c0.normalise(raw)),
      code,
    );
    assert.throws(
      () => c0.normalise(raw),
      (error: Error) => error.message.includes(text),
    );
  });
}

const COMBINED: [string[], string][] = [
  [[], ''],
  [['low'], 'LOW'],
  [['LOW', 'MEDIUM'], 'MEDIUM'],
  [['LOW TLP:GREEN', 'LOW TLP:AMBER'], 'LOW TLP:AMBER'],
  [['LOW TLP:CLEAR', 'LOW: LY'], 'LOW: LY TLP:CLEAR'],
  [['LOW TLP:AMBER+STRICT', 'LOW: LY TLP:CLEAR'], 'LOW: LY TLP:AMBER+STRICT'],
  [['LOW TLP:GREEN', 'MEDIUM'], 'MEDIUM'],
  [['LOW MOD1', 'LOW MOD2'], 'LOW MOD1 MOD2'],
  [['MEDIUM REL:APPLE', 'MEDIUM REL:APPLE,BEE'], 'MEDIUM REL:APPLE'],
  [['MEDIUM REL:APPLE,BEE', 'MEDIUM REL:APPLE,CAR'], 'MEDIUM REL:APPLE'],
  [['MEDIUM REL:APPLE,BEE', 'LOW'], 'MEDIUM REL:APPLE,BEE'],
  [['MEDIUM', 'MEDIUM REL:APPLE,BEE', 'HIGH MOD1'], 'HIGH MOD1 REL:APPLE,BEE'],
  [['LOW MOD1 TLP:CLEAR', 'TOP HIGH OVER REL:APPLE,BEE,CAR', 'MEDIUM REL:APPLE,CAR'], 'TOP HIGH MOD1 OVER REL:APPLE,CAR'],
  [['LOW', ''], N],
  [['LOW', 'FOO'], N],
  [['LOW FOO', 'LOW'], G],
];

for (const [raws, expected] of COMBINED) {
  test(`combines ${JSON.stringify(raws)}`, () =>
    assert.is(
      outcome(() => c0.combine(raws)),
      expected,
    ));
}

test('drops caveats outside the range of the kept classification', () => {
  const limited = policyWithLabels((labels) => (labels.caveat.options[0]!['min_priority'] = 30));
  assert.is(limited.normalise('LOW MOD1'), 'LOW');
  assert.is(limited.normalise('LOW MOD1 MOD2'), 'LOW MOD2');
  assert.is(limited.combine(['LOW MOD2', 'HIGH MOD1']), 'HIGH MOD1 MOD2');
  const capped = policyWithLabels((labels) => (labels.caveat.options[0]!['max_priority'] = 29));
  assert.is(capped.normalise('LOW MOD1'), 'LOW MOD1');
  assert.is(capped.normalise('MEDIUM MOD1'), 'MEDIUM');
});

test('asks for no origin when none is configured', () => {
  const free = policyWithLabels((labels) => {
    delete labels.releasability.origin;
    delete labels.releasability.origin_alt_name;
  });
  assert.is(free.normalise('MEDIUM REL:BEE'), 'MEDIUM REL:BEE');
  assert.is(
    outcome(() => free.combine(['MEDIUM REL:BEE', 'MEDIUM REL:CAR'])),
    'SecurityNoCommonSecurityUnviewable',
  );
});

test('takes a prefix with characters special to regular expressions literally', () => {
  const prefixed = (prefix: string): SecurityPolicy =>
    policyWithLabels((labels) => {
      labels.releasability = { prefix, options: [{ name: `${prefix}a` }, { name: `${prefix}b` }] };
    });
  assert.is(prefixed('GRP=').normalise('MEDIUM GRP=b,a'), 'MEDIUM GRP=A,B');
  assert.is(prefixed('R.+(').normalise('MEDIUM R.+(b,a'), 'MEDIUM R.+(A,B');
});

test('leaves one space where it takes a label out', () => {
  const spaced = policyWithLabels((labels) => labels.caveat.options.push({ name: 'A B' }));
  assert.is(spaced.normalise('A LOW B'), 'LOW A B');
});

test('does not find a label that holds a slash', () => {
  const slashed = policyWithLabels((labels) => labels.caveat.options.push({ name: 'A/B' }));
  assert.is(
    outcome(() => slashed.normalise('LOW A/B')),
    G,
  );
});

test('treats two lists alike only if they are the same list', () => {
  assert.is(c0.combine(['LOW', 'MEDIUM']), 'MEDIUM');
  assert.is(
    outcome(() => c0.combine(['LOW6:MEDIUM'])),
    N,
  );
  assert.is(c0.combine(['LOW: LY', 'MEDIUM']), 'MEDIUM');
  assert.is(
    outcome(() => c0.combine(['LOW', ' LY', 'MEDIUM'])),
    N,
  );
  assert.is(
    outcome(() => c0.combine(['LOW', 'MEDIUM', ''])),
    N,
  );
});

const ENCODED: [string, string[], string[], string[]][] = [
  ['', ['s-low'], ['s-any'], ['s-any']],
  ['s-any', ['s-any'], ['s-any'], []],
  ['LOW', ['s-low'], ['s-any'], ['s-any']],
  ['LOW TLP:AMBER+STRICT', ['s-low'], ['s-any'], ['s-tlp-amber-strict']],
  ['LOW: LY', ['s-low--ly'], ['s-any'], ['s-any']],
  ['MEDIUM REL:APPLE', ['s-medium'], ['s-rel-apple'], ['s-any']],
  ['MEDIUM MOD2 MOD1 REL:APPLE,BEE', ['s-medium', 's-mod1', 's-mod2'], ['s-rel-apple', 's-rel-bee'], ['s-any']],
  ['TOP HIGH HANOVERLAP OVER', ['s-hanoverlap', 's-over', 's-top-high'], ['s-any'], ['s-any']],
  ['medium//rel:appleo', ['s-medium'], ['s-rel-apple'], ['s-any']],
];

for (const [security, exclusive, inclusive, markings] of ENCODED) {
  test(`encodes ${JSON.stringify(security)}`, () => {
    assert.equal(c0.encode(security), { exclusive, inclusive, markings, num_exclusive: exclusive.length });
  });
}

test('shares one frozen encoding per string', () => {
  const encoded = c0.encode('LOW MOD1');
  assert.is(c0.encode('LOW MOD1'), encoded);
  for (const part of [encoded, encoded.exclusive, encoded.inclusive, encoded.markings]) assert.ok(Object.isFrozen(part));
});

test('does not encode a string that does not parse', () => {
  assert.is(
    outcome(() => c0.encode('LOW FOO').exclusive.join()),
    G,
  );
});

const OPEN: [SecurityPolicy, string, boolean][] = [
  [c1, 'LOW', true],
  [c1, 'LOW TLP:GREEN', true],
  [c1, 'LOW TLP:AMBER', false],
  [c0, 'LOW TLP:AMBER', true],
  [c1, 'LOW MOD1', false],
  [c1, 'LOW: LY', false],
  [c1, 'MEDIUM', false],
  [c1, 'MEDIUM REL:APPLE', false],
  [c1, 's-any', true],
];

for (const [policy, security, open] of OPEN) {
  const enforcing = policy === c1 ? ' where amber is enforced' : '';
  test(`puts ${security} into the ${open ? 'open' : 'shut'} index${enforcing}`, () => {
    assert.is(policy.isOpen(policy.encode(security)), open);
  });
}

const LABELS = [
  'LOW',
  'LOW: LY',
  'MEDIUM',
  'HIGH',
  'TOP HIGH',
  'MOD1',
  'MOD2',
  'OVER',
  'REL:APPLE',
  'REL:BEE',
  'REL:CAR',
  'TLP:GREEN',
  'TLP:AMBER',
];
const someLabels = fc
  .array(fc.constantFrom(...LABELS, 'low', 'REL:APPLEO,BEE', 'FOO', ''), { maxLength: 6 })
  .map((labels) => labels.join('  '));

function normalised(policy: SecurityPolicy, raw: string): string | undefined {
  const result = outcome(() => policy.normalise(raw));
  return /^Security[A-Z]/.test(result) ? undefined : result;
}

const goodString = someLabels.map((raw) => normalised(c0, raw)).filter((result) => result !== undefined);

test('normalising a normalised string changes nothing', () => {
  fc.assert(fc.property(goodString, (security) => c0.normalise(security) === security));
});

test('combining does not depend on order or repetition', () => {
  fc.assert(
    fc.property(fc.array(goodString, { minLength: 1, maxLength: 4 }), (strings) => {
      const combined = outcome(() => c0.combine(strings));
      assert.is(
        outcome(() => c0.combine([...strings].reverse())),
        combined,
      );
      assert.is(
        outcome(() => c0.combine([...strings, ...strings])),
        combined,
      );
    }),
  );
});

test('combining does not depend on grouping', () => {
  fc.assert(
    fc.property(goodString, goodString, goodString, (a, b, c) => {
      const left = outcome(() => c0.combine([c0.combine([a, b]), c]));
      const right = outcome(() => c0.combine([a, c0.combine([b, c])]));
      assert.is(left, right);
      assert.is(left, c0.combine([a, b, c]));
    }),
  );
});

test('combining one string normalises it', () => {
  fc.assert(
    fc.property(someLabels, (raw) =>
      assert.is(
        outcome(() => c0.combine([raw])),
        outcome(() => c0.normalise(raw)),
      ),
    ),
  );
});

test('goes on answering rightly when there are more strings than it remembers', () => {
  const words = Array.from(
    { length: 5000 },
    (_, index) => `LOW${' '.repeat((index % 70) + 1)}MOD${(index % 3) + 1}${' '.repeat(index / 70)}`,
  );
  for (const word of words) assert.is(c0.normalise(word), `LOW ${word.trim().slice(-4)}`);
});

test.run();
