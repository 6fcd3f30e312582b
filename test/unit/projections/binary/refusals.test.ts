import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { foldBinary } from '../../../../projections/binary/fold.js';
import type { RefusalClass, SkipReason } from '../../../../projections/types.js';
import { NO_TABLES } from '../../../../projections/removal/tables.js';
import type { BinaryEvent } from '../../../../schemas/events.js';
import { parseTime } from '../../../../schemas/time.js';
import { NOW, recordOf, SETTINGS } from '../support.js';
import { author, binaryEvent, feature, linkedEvent, node, stream } from './events.js';

const test = suite('refusals of binary events');

const info = (text: string): BinaryEvent => binaryEvent({ entity: { info: text } });
const ones = (n: number): string => Array.from({ length: n }, () => '1').join(',');

/** What is wrong with the event, the class it is refused with, and a piece of the reason. */
const REFUSALS: readonly [string, BinaryEvent, RefusalClass, RegExp][] = [
  [
    '101 streams',
    binaryEvent({ entity: { datastreams: Array.from({ length: 101 }, () => stream()) } }),
    'PreprocessException',
    /101 datastreams/,
  ],
  [
    '10001 features',
    binaryEvent({ entity: { features: Array.from({ length: 10001 }, () => feature()) } }),
    'PreprocessException',
    /10001 features/,
  ],
  ['no track_source_references', binaryEvent({ event: { track_source_references: '' } }), 'BaseAzulException', /track_source_references/],
  ['no track_authors', binaryEvent({ event: { track_authors: [] } }), 'BaseAzulException', /track_authors/],
  ['no sha256', binaryEvent({ entity: { sha256: undefined } }), 'KeyError', /entity\.sha256/],
  ['an empty sha256', binaryEvent({ entity: { sha256: '' } }), 'KeyError', /entity\.sha256/],
  ['an author without category', binaryEvent({ event: { author: author({ category: undefined }) } }), 'KeyError', /^author\.category/],
  [
    'a path author without category',
    binaryEvent({ source: { path: [node(), node({ author: author({ category: undefined }) })] } }),
    'KeyError',
    /path\[1\]\.author\.category/,
  ],
  ['an unknown source', binaryEvent({ source: { name: 'nowhere' } }), 'BadSourceException', /"nowhere"/],
  ['a label that does not parse', binaryEvent({ source: { security: 'LOW FOO' } }), 'SecurityParseException', /FOO/],
  [
    "a path author's label that does not parse",
    binaryEvent({ source: { path: [node({ author: author({ security: 'FOO' }) })] } }),
    'SecurityParseException',
    /FOO/,
  ],
  ['ssdeep of two parts', binaryEvent({ entity: { ssdeep: '3:a' } }), 'BaseAzulException', /2 parts/],
  ['ssdeep of four parts', binaryEvent({ entity: { ssdeep: '3:a:b:c' } }), 'BaseAzulException', /4 parts/],
  ['an ssdeep block size that is no integer', binaryEvent({ entity: { ssdeep: '3.0:a:b' } }), 'BaseAzulException', /"3\.0"/],
  ['info.ssdeep of a wrong type', info('{"ssdeep":5}'), 'AttributeError', /info\.ssdeep is 5/],
  ['a TLSH of another version', binaryEvent({ entity: { tlsh: 'T2' + '0'.repeat(70) } }), 'ApiException', /tlsh/],
  ['a TLSH of wrong length', binaryEvent({ entity: { tlsh: 'T1' + '0'.repeat(69) } }), 'ApiException', /tlsh/],
  ['a TLSH that is not hex', binaryEvent({ entity: { tlsh: 'T1' + 'g'.repeat(70) } }), 'ValueError', /tlsh/],
  ['info.tlsh that is not hex', info(`{"tlsh":"${'z'.repeat(70)}"}`), 'ValueError', /tlsh/],
  ['info.tlsh of a wrong type', info('{"tlsh":[1]}'), 'AttributeError', /info\.tlsh/],
  ['an entropy that is a number', info('{"entropy":5}'), 'AttributeError', /info\.entropy is 5/],
  ['an entropy that is a list', info('{"entropy":[1]}'), 'AttributeError', /info\.entropy/],
  ['entropy blocks null', info('{"entropy":{"blocks":null}}'), 'TypeError', /blocks is null/],
  ['entropy blocks a number', info('{"entropy":{"blocks":7}}'), 'TypeError', /blocks is 7/],
  ['a NaN among 40 blocks', info(`{"entropy":{"blocks":[${ones(39)},NaN]}}`), 'TypeError', /blocks\[39\] is null/],
  ['a string among 40 blocks', info(`{"entropy":{"blocks":[${ones(39)},"1"]}}`), 'TypeError', /blocks\[39\] is "1"/],
  ['a list among 40 blocks', info(`{"entropy":{"blocks":[${ones(39)},[1]]}}`), 'ValueError', /blocks\[39\] is \[1\]/],
  ['info that is no object', info('[1]'), 'ValidationError', /entity\.info/],
  ['info that is no JSON', info('{"a":}'), 'ValidationError', /offset 5/],
  [
    'a stream without sha256',
    binaryEvent({ entity: { datastreams: [stream({ sha256: undefined })] } }),
    'KeyError',
    /datastreams\[0\]\.sha256/,
  ],
  [
    'a stream without sha256, even of an enriched binary',
    binaryEvent({ event: { action: 'enriched' }, entity: { datastreams: [stream({ sha256: undefined })] } }),
    'KeyError',
    /datastreams/,
  ],
  ['a link without track_links', linkedEvent('extracted', { event: { track_links: [] } }), 'IndexError', /track_links/],
  ['a link with one track author', linkedEvent('mapped', { event: { track_authors: ['x'] } }), 'IndexError', /track_authors/],
  ['an id of more than 512 bytes', binaryEvent({ event: { track_source_references: 'é'.repeat(240) } }), 'ValueError', /at most 512/],
];

for (const [what, event, refusalClass, reason] of REFUSALS) {
  test(`refuses ${what}`, () => {
    const result = foldBinary(recordOf(event), SETTINGS, NOW, NO_TABLES);
    assert.equal(result.writes, []);
    assert.equal(result.skips, []);
    assert.is(result.refusals.length, 1);
    assert.is(result.refusals[0]!.class, refusalClass);
    assert.match(result.refusals[0]!.reason, reason);
    assert.is(result.refusals[0]!.eventKey, 'key');
  });
}

/** Of two faults the one that the peer meets first. */
const FIRST: readonly [string, BinaryEvent, RefusalClass][] = [
  [
    'source before limits',
    binaryEvent({ source: { name: 'x' }, entity: { datastreams: Array.from({ length: 101 }, () => stream()) } }),
    'BadSourceException',
  ],
  [
    'limits before tracking',
    binaryEvent({ event: { track_authors: [] }, entity: { features: Array.from({ length: 10001 }, () => feature()) } }),
    'PreprocessException',
  ],
  ['tracking before sha256', binaryEvent({ event: { track_authors: [] }, entity: { sha256: '' } }), 'BaseAzulException'],
  ['category before labels', binaryEvent({ event: { author: author({ category: undefined, security: 'FOO' }) } }), 'KeyError'],
  ['labels before hashes', binaryEvent({ source: { security: 'FOO' }, entity: { tlsh: 'T2' } }), 'SecurityParseException'],
];

for (const [what, event, refusalClass] of FIRST) {
  test(`looks at ${what}`, () => assert.is(foldBinary(recordOf(event), SETTINGS, NOW, NO_TABLES).refusals[0]?.class, refusalClass));
}

const ACCEPTED: readonly [string, BinaryEvent][] = [
  ['100 streams', binaryEvent({ entity: { datastreams: Array.from({ length: 100 }, () => stream()) } })],
  ['10000 features', binaryEvent({ entity: { features: Array.from({ length: 10000 }, () => feature()) } })],
  [
    'empty categories',
    binaryEvent({ event: { author: author({ category: '' }) }, source: { path: [node({ author: author({ category: '' }) })] } }),
  ],
  ['an empty path', binaryEvent({ source: { path: [] } })],
  ['11 path nodes', binaryEvent({ source: { path: Array.from({ length: 11 }, () => node()) } })],
  ['an id of 512 bytes', binaryEvent({ event: { track_source_references: 'é'.repeat(232) + 'x' } })],
  ['a NaN among 39 blocks', info(`{"entropy":{"blocks":[${ones(38)},NaN]}}`)],
  ['falsy values in info', info('{"entropy":0,"ssdeep":[],"tlsh":false}')],
];

for (const [what, event] of ACCEPTED) {
  test(`takes ${what}`, () => {
    const result = foldBinary(recordOf(event), SETTINGS, NOW, NO_TABLES);
    assert.equal(result.refusals, []);
    assert.is(result.writes.length, 1);
  });
}

const source = { priorityReferences: [], expireAfterMs: 86_400_000 };
const EXPIRING = { ...SETTINGS, sources: new Map([['s2', source]]) };
const at = (time: string): BinaryEvent => binaryEvent({ source: { timestamp: parseTime(time) } });

const SKIPS: readonly [string, BinaryEvent, SkipReason | undefined][] = [
  ['a binary without key', binaryEvent({ event: { kafka_key: '' } }), 'no-key'],
  ['12 path nodes', binaryEvent({ source: { path: Array.from({ length: 12 }, () => node()) } }), 'too-deep'],
  ['what is exactly as old as its source allows', at('2026-03-01T00:00:00Z'), 'expired'],
  ['nothing that is a microsecond younger', at('2026-03-01T00:00:00.000001Z'), undefined],
  ['an expired event rather than refusing it', binaryEvent({ event: { track_authors: [] } }), 'expired'],
];

for (const [what, event, reason] of SKIPS) {
  test(`skips ${what}`, () => {
    const result = foldBinary(recordOf(event), EXPIRING, parseTime('2026-03-02T00:00:00Z'), NO_TABLES);
    assert.equal(result.refusals, []);
    assert.equal(
      result.skips.map((skip) => skip.reason),
      reason === undefined ? [] : [reason],
    );
    assert.is(result.writes.length, reason === undefined ? 1 : 0);
  });
}

test('keeps events of a source that never expires', () => {
  const never = { ...SETTINGS, sources: new Map([['s2', { ...source, expireAfterMs: -1 }]]) };
  assert.is(foldBinary(recordOf(at('0001-01-01T00:00:00Z')), never, NOW, NO_TABLES).writes.length, 1);
});

test('lets an error that is no fault of the event through', () => {
  const broken = {
    ...SETTINGS,
    security: {
      ...SETTINGS.security,
      combine: () => {
        throw new RangeError('bug');
      },
    },
  };
  assert.throws(() => foldBinary(recordOf(binaryEvent()), broken, NOW, NO_TABLES), /bug/);
});

test.run();
