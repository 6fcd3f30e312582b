import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SecurityError } from '../../../../projections/security/errors.js';
import { createSecurityPolicy } from '../../../../projections/security/policy.js';
import { parseSecuritySettings, type RawSecuritySettings } from '../../../../projections/security/settings.js';
import { policyWith, policyWithLabels, rawSettings, referenceLabels, type RawLabels } from './configurations.js';

const test = suite('security settings');

function failure(make: () => unknown): SecurityError {
  try {
    make();
  } catch (error) {
    if (error instanceof SecurityError) return error;
    throw error;
  }
  throw new Error('expected a SecurityError');
}

function assertFails(make: () => unknown, code: string, ...texts: string[]): void {
  const error = failure(make);
  assert.is(error.code, code);
  for (const text of texts) assert.ok(error.message.includes(text), `${error.message} lacks ${text}`);
}

function labelsWith(change: (labels: RawLabels) => void): RawLabels {
  const labels = referenceLabels();
  change(labels);
  return labels;
}

test('fills in every default', () => {
  const raw: RawSecuritySettings = {
    labels:
      '{"classification": {"options": [{"name": "low", "unknown": 1}]}, "caveat": {"options": [{"name": "Mod"}]}, "tlp": {"options": [{"name": "x"}]}}',
    default: undefined,
    presets: undefined,
    minimum_required_access: undefined,
    allow_releasability_priority_gte: '10',
    admin_roles: undefined,
  };
  assert.equal(parseSecuritySettings(raw), {
    labels: {
      classification: { title: '', options: [{ name: 'LOW', priority: 0 }] },
      caveat: { title: '', options: [{ name: 'MOD', min_priority: 0, max_priority: 1000000 }] },
      releasability: { title: '', options: [], origin: '', origin_alt_name: '', prefix: 'REL:' },
      tlp: { title: '', options: [{ name: 'X', enforce_security: false }] },
    },
    admin_roles: ['admin'],
    default: '',
    presets: [],
    allow_releasability_priority_gte: 10,
    minimum_required_access: [],
  });
});

test('reads numbers and booleans from strings', () => {
  const settings = parseSecuritySettings(
    rawSettings({
      labels: {
        classification: { options: [{ name: 'LOW', priority: '7' }] },
        caveat: { options: [{ name: 'MOD', min_priority: '1', max_priority: 2 }] },
        tlp: {
          options: [
            { name: 'A', enforce_security: 'true' },
            { name: 'B', enforce_security: 'False' },
            { name: 'C', enforce_security: 1 },
          ],
        },
      },
    }),
  );
  assert.is(settings.labels.classification.options[0]?.priority, 7);
  assert.equal(settings.labels.caveat.options[0], { name: 'MOD', min_priority: 1, max_priority: 2 });
  assert.equal(
    settings.labels.tlp.options.map((option) => option.enforce_security),
    [true, false, true],
  );
});

test('keeps prefix, origin and titles verbatim and turns names and minimum access to upper case', () => {
  const labels = labelsWith((draft) => {
    draft.releasability.origin = 'rel:apple';
    draft.classification.options[0]!['name'] = 'low';
  });
  const settings = parseSecuritySettings(rawSettings({ labels, minimum_required_access: '["low"]' }));
  assert.is(settings.labels.releasability.origin, 'rel:apple');
  assert.is(settings.labels.classification.options[0]?.name, 'LOW');
  assert.equal(settings.minimum_required_access, ['LOW']);
  assertFails(
    () => createSecurityPolicy(settings).normalise('MEDIUM REL:APPLE'),
    'SecurityInvalidSecurityStringWhileNormalising',
    'rel:apple',
  );
});

const INVALID: [string, Partial<RawSecuritySettings>, string][] = [
  ['bad JSON', { labels: '{' }, 'security_labels'],
  ['missing labels', { labels: undefined }, 'security_labels'],
  ['labels that are a list', { labels: [] }, 'security_labels'],
  ['a missing releasability priority', { allow_releasability_priority_gte: undefined }, 'security_allow_releasability_priority_gte'],
  ['a fraction as priority', { allow_releasability_priority_gte: '1.5' }, 'security_allow_releasability_priority_gte'],
  ['a missing name', { labels: { caveat: { options: [{}] } } }, 'security_labels.caveat.options[0].name'],
  ['a number as name', { labels: { tlp: { options: [{ name: 'A' }, { name: 1 }] } } }, 'security_labels.tlp.options[1].name'],
  ['options that are no list', { labels: { tlp: { options: {} } } }, 'security_labels.tlp.options'],
  ['a negative priority', { labels: { classification: { options: [{ name: 'A', priority: -1 }] } } }, 'classification.options[0].priority'],
  [
    'a priority over a million',
    { labels: { classification: { options: [{ name: 'A', priority: 1000001 }] } } },
    'classification.options[0].priority',
  ],
  [
    'a caveat with min over max',
    { labels: { caveat: { options: [{ name: 'A', min_priority: 3, max_priority: 2 }] } } },
    'caveat.options[0].min_priority',
  ],
  ['a word as boolean', { labels: { tlp: { options: [{ name: 'A', enforce_security: 'maybe' }] } } }, 'tlp.options[0].enforce_security'],
  ['presets that are a word', { presets: 'LOW' }, 'security_presets'],
  ['presets with a number', { presets: [1] }, 'security_presets[0]'],
  ['a default that is a number', { default: 1 }, 'security_default'],
];

for (const [what, changes, field] of INVALID) {
  test(`refuses ${what} and names the field`, () => {
    assertFails(() => parseSecuritySettings(rawSettings(changes)), 'SecuritySettingsInvalid', field);
  });
}

const CHECKS: [string, (labels: RawLabels) => void, string, string[]][] = [
  ['a leading space', (labels) => (labels.caveat.options[0]!['name'] = ' mod1'), 'SecurityConfigLabelsWithExtraSpaces', ['" MOD1"']],
  ['a trailing space', (labels) => (labels.tlp.options[0]!['name'] = 'A '), 'SecurityConfigLabelsWithExtraSpaces', ['"A "']],
  [
    'a missing prefix',
    (labels) => (labels.releasability.options[1]!['name'] = 'bee'),
    'SecurityConfigReleasabilitiesMissingRequiredPrefix',
    ['"BEE"'],
  ],
  [
    'a lower-case prefix',
    (labels) => (labels.releasability.prefix = 'rel:'),
    'SecurityConfigReleasabilitiesMissingRequiredPrefix',
    ['"REL:APPLE"'],
  ],
  ['a name twice in a group', (labels) => labels.caveat.options.push({ name: 'mod2' }), 'SecurityConfigLabelDefinedTwice', ['"MOD2"']],
  ['a name in two groups', (labels) => labels.tlp.options.push({ name: 'HIGH' }), 'SecurityConfigLabelDefinedTwice', ['"HIGH"']],
  [
    'a space in a releasability',
    (labels) => labels.releasability.options.push({ name: 'REL:A B' }),
    'SecurityConfigGroupLabelMustNotHaveSpaces',
    ['"REL:A B"'],
  ],
  [
    'two labels with one safe form',
    (labels) => labels.classification.options.push({ name: 'TOP-HIGH' }),
    'SecurityConfigMultipleValuesMappedToSameValue',
    ['"TOP HIGH", "TOP-HIGH"'],
  ],
];

for (const [what, change, code, texts] of CHECKS) {
  test(`does not start with ${what}`, () => assertFails(() => policyWithLabels(change), code, ...texts));
}

test('does not start with a preset that does not parse', () => {
  assertFails(() => policyWith({ presets: ['LOW', 'NOPE'] }), 'SecurityNoClassificationInRawSecurity', 'NOPE');
});

test('does not start with a TLP as minimum access, and names the labels sorted', () => {
  assertFails(
    () => policyWith({ minimum_required_access: ['zed', 'LOW', 'tlp:green'] }),
    'SecurityMinRequiredAccessNotFound',
    'TLP:GREEN, ZED',
  );
});

test('does not start without a default or with one that does not parse', () => {
  assertFails(() => policyWith({ default: '' }), 'SecuritySecurityDefaultNotSet');
  assertFails(() => policyWith({ default: undefined }), 'SecuritySecurityDefaultNotSet');
  assertFails(() => policyWith({ default: 'LOW FOO' }), 'SecurityInvalidGroupsWhileNormalising', 'FOO');
});

test('reports the first failing check', () => {
  const everything = labelsWith((labels) => {
    labels.caveat.options.push({ name: 'MOD1' }, { name: 'MOD 3 ' });
    labels.releasability.options.push({ name: 'ZED' });
  });
  assertFails(() => policyWith({ labels: everything }), 'SecurityConfigLabelsWithExtraSpaces');
  assertFails(
    () => policyWith({ presets: ['NOPE'], minimum_required_access: ['NOPE'], default: '' }),
    'SecurityNoClassificationInRawSecurity',
  );
  assertFails(() => policyWith({ minimum_required_access: ['NOPE'], default: '' }), 'SecurityMinRequiredAccessNotFound');
});

test('normalises default and presets at start, in their order', () => {
  const policy = policyWith({ default: 'low//tlp:green', presets: ['mod1 medium', 'low'] });
  assert.is(policy.defaultSecurity, 'LOW TLP:GREEN');
  assert.is(policy.settings.default, 'LOW TLP:GREEN');
  assert.equal(policy.settings.presets, ['MEDIUM MOD1', 'LOW']);
});

test('warns when list order and priority disagree', () => {
  assert.equal(policyWith().warnings, []);
  const { warnings } = policyWithLabels((labels) => (labels.classification.options[1]!['priority'] = 35));
  assert.is(warnings.length, 1);
  assert.match(warnings[0]!, /MEDIUM \(priority 30\) stands after LOW: LY \(priority 35\)/);
});

test.run();
