import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { accessSummary, type UserSecurity } from '../../../../projections/security/access-summary.js';
import { SecurityError } from '../../../../projections/security/errors.js';
import { enforcedPolicy, policyWith, policyWithLabels } from './configurations.js';

const test = suite('access summary');
const c0 = policyWith();
const { table } = c0;

const T = table.tlps;
const ALL = [...table.classifications, ...table.caveats, ...table.releasabilities, ...T];
const CAVEATS = 'MOD1 MOD2 MOD3 HANOVERLAP OVER';

interface Row {
  readonly labels: readonly string[];
  readonly x?: readonly string[];
  readonly i?: readonly string[];
  readonly max: string;
  readonly display?: string;
  readonly unique?: string;
}

const ROWS: readonly Row[] = [
  { labels: ['LOW'], max: 'LOW', unique: '41bc94cbd8eebea13ce0491b2ac11b88' },
  { labels: ['LOW', ...T], max: 'LOW TLP:AMBER+STRICT', unique: '1b150459d481d5c197570266cf16abef' },
  {
    labels: ['LOW', 'MEDIUM', 'REL:APPLE', ...T],
    max: 'MEDIUM REL:APPLE',
    display: 'MEDIUM REL:APPLEO',
    unique: 'cf3922e819a7838fe97e664e2d3dfda4',
  },
  { labels: ['LOW', 'MEDIUM', 'REL:BEE', ...T], max: 'MEDIUM REL:APPLE,BEE', unique: 'cc24c91c262fd2cb9f8caeeca54b6e94' },
  { labels: ['LOW', 'MEDIUM', 'HIGH', 'MOD1', 'REL:BEE', 'REL:CAR', ...T], max: 'HIGH MOD1 REL:APPLE,BEE' },
  { labels: ['LOW', 'MEDIUM', 'REL:BEE', 'REL:CAR'], i: ['REL:CAR'], max: 'MEDIUM REL:APPLE,BEE,CAR' },
  {
    labels: ALL,
    max: `TOP HIGH ${CAVEATS} REL:APPLE`,
    display: `TOP HIGH ${CAVEATS} REL:APPLEO`,
    unique: '69066aead6c0eb13bcb9ca4323cd10a1',
  },
  { labels: ALL, x: ['MEDIUM', 'HIGH', 'TOP HIGH'], max: `LOW: LY ${CAVEATS} TLP:AMBER+STRICT` },
  { labels: ALL, x: ['REL:APPLE'], max: `TOP HIGH ${CAVEATS}` },
  { labels: ALL, x: ['high', 'top high'], i: ['REL:BEE'], max: `MEDIUM ${CAVEATS} REL:APPLE,BEE` },
  { labels: ALL, x: ['NOPE', 'high', 'top high'], i: ['rel:bee'], max: `MEDIUM ${CAVEATS} REL:APPLE,BEE` },
  { labels: ['LOW', 'REL:APPLE'], max: 'LOW' },
  { labels: ['LOW'], x: ['LOW'], max: '' },
  { labels: ['LOW', 'MOD1', ...T], x: ['low'], max: '' },
  { labels: ['LOW', 'MEDIUM'], i: ['REL:BEE'], max: 'MEDIUM REL:BEE' },
  { labels: ['LOW', 'MEDIUM'], i: ['MEDIUM', 'NOPE'], max: 'MEDIUM' },
  { labels: ['LOW'], i: ['REL:BEE'], max: 'LOW' },
];

for (const { labels, x = [], i = [], max, display = max, unique } of ROWS) {
  test(`shows [${labels.join(', ')}] without [${x.join(', ')}] and with [${i.join(', ')}] as ${JSON.stringify(display)}`, () => {
    const summary = accessSummary(c0, labels, x, i);
    assert.is(summary.max_access, max);
    assert.is(summary.max_access_display, display);
    if (unique !== undefined) assert.is(summary.unique, unique);
  });
}

test('lists what is held by kind, sorted, with the implied origin', () => {
  const expected: UserSecurity = {
    labels: ['LOW', 'MEDIUM', 'REL:APPLE', 'REL:BEE', 'TLP:GREEN'],
    labels_inclusive: ['REL:APPLE', 'REL:BEE'],
    labels_exclusive: ['LOW', 'MEDIUM'],
    labels_markings: ['TLP:GREEN'],
    unique: accessSummary(c0, ['REL:APPLE', 'MEDIUM', 'LOW', 'TLP:GREEN', 'REL:BEE'], [], []).unique,
    max_access: 'MEDIUM REL:APPLE,BEE',
    max_access_display: 'MEDIUM REL:APPLE,BEE',
    allowed_presets: ['LOW'],
  };
  assert.equal(accessSummary(c0, ['TLP:GREEN', 'REL:BEE', 'MEDIUM', 'LOW'], [], []), expected);
});

test('takes releasabilities away where no classification that is left supports them', () => {
  const summary = accessSummary(c0, ALL, ['MEDIUM', 'HIGH', 'TOP HIGH'], []);
  assert.equal(summary.labels_inclusive, []);
  assert.ok(!summary.labels.some((label) => label.startsWith('REL:')));
  assert.equal(accessSummary(c0, ['LOW', 'REL:BEE'], ['LOW'], []).labels, ['REL:APPLE', 'REL:BEE']);
});

test('has nothing left when all is excluded', () => {
  const { labels, allowed_presets } = accessSummary(c0, ['LOW'], ['LOW'], []);
  assert.equal(labels, []);
  assert.equal(allowed_presets, []);
});

for (const labels of [['MEDIUM'], []]) {
  test(`refuses [${labels.join()}] for lack of minimum access, whatever is excluded`, () => {
    for (const exclude of [[], ['LOW']]) {
      assert.throws(
        () => accessSummary(c0, labels, exclude, []),
        (error: unknown) =>
          error instanceof SecurityError && error.code === 'SecurityUserDoesNotHaveMinimumAccess' && error.message.includes('LOW'),
      );
    }
  });
}

test('tests the minimum access before labels are excluded, and with the implied origin', () => {
  const strict = policyWith({ minimum_required_access: ['low', 'REL:APPLE'] });
  assert.is(accessSummary(strict, ['LOW', 'MEDIUM', 'REL:BEE'], ['LOW'], []).max_access, 'MEDIUM REL:APPLE,BEE');
  assert.throws(() => accessSummary(strict, ['LOW', 'MEDIUM'], [], []), /REL:APPLE/);
});

test('shows the first releasability where no origin is configured, and no alias where none is', () => {
  const free = policyWithLabels((labels) => {
    delete labels.releasability.origin;
    delete labels.releasability.origin_alt_name;
  });
  const summary = accessSummary(free, ['LOW', 'MEDIUM', 'REL:CAR', 'REL:BEE'], [], []);
  assert.is(summary.max_access, 'MEDIUM REL:BEE');
  assert.is(summary.max_access_display, 'MEDIUM REL:BEE');
  const unnamed = policyWithLabels((labels) => delete labels.releasability.origin_alt_name);
  assert.is(accessSummary(unnamed, ['LOW', 'MEDIUM', 'REL:APPLE'], [], []).max_access_display, 'MEDIUM REL:APPLE');
});

test('allows the presets that the labels reach, in their configured order', () => {
  const policy = policyWith({ presets: ['MEDIUM REL:APPLE', 'LOW', 'HIGH', 'MEDIUM', 'LOW TLP:AMBER'] });
  const presets = (labels: string[], x: string[] = []) => accessSummary(policy, labels, x, []).allowed_presets;
  assert.equal(presets(['LOW', 'MEDIUM', 'REL:BEE']), ['MEDIUM REL:APPLE', 'LOW', 'MEDIUM', 'LOW TLP:AMBER']);
  assert.equal(presets(['LOW', 'MEDIUM', 'REL:BEE'], ['rel:apple']), ['LOW', 'MEDIUM', 'LOW TLP:AMBER']);
  assert.equal(accessSummary(enforcedPolicy(), ['LOW'], [], []).allowed_presets, ['LOW']);
});

test.run();
