import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  deadLetterKey,
  deadLetterTopic,
  fromRecord,
  MAX_LETTER_VALUE_BYTES,
  toRecord,
  type DeadLetter,
} from '../../../streams/dead-letter.js';

const test = suite('dead letter');

const LETTER: DeadLetter = {
  projection: 'binary',
  topic: 'azul.qa01.s1.binary.sourced',
  partition: 3,
  offset: 2 ** 40,
  recordKey: 'kéy',
  refusalClass: 'ValueError',
  reason: 'ünexpected\nvalue',
  generation: 'bench-g2',
  eventKeys: ['e1', 'e2'],
  insertKeys: ['i1', 'i2'],
  timeMs: 1_700_000_000_123,
  value: Buffer.from([0, 1, 2, 255]),
};

/** Headers come back from the broker as bytes. */
const received = (letter: DeadLetter): DeadLetter => {
  const { value, headers } = toRecord(letter);
  return fromRecord(value, headers.map((header) => Object.fromEntries(Object.entries(header).map(([name, text]) => [name, Buffer.from(text)])))); // prettier-ignore
};

test('comes back as it went', () => {
  assert.equal(received(LETTER), LETTER);
  const plain = { ...LETTER, recordKey: undefined, eventKeys: [], insertKeys: [] };
  assert.equal(received(plain), plain);
  assert.equal(received({ ...LETTER, recordKey: '' }).recordKey, '');
});

test('is named by projection and position, so that a re-delivery replaces it', () => {
  assert.is(deadLetterKey(LETTER), 'binary/azul.qa01.s1.binary.sourced/3/1099511627776');
  assert.is(toRecord(LETTER).key, deadLetterKey(LETTER));
  assert.is(deadLetterTopic('qa01'), 'azul.qa01.system.dead-letter');
});

test('leaves out a value that is too large, and says so without looking like a tombstone', () => {
  assert.is(received({ ...LETTER, value: Buffer.alloc(MAX_LETTER_VALUE_BYTES) }).value?.length, MAX_LETTER_VALUE_BYTES);
  const large = { ...LETTER, value: Buffer.alloc(MAX_LETTER_VALUE_BYTES + 1) };
  assert.is(received(large).value, undefined);
  assert.ok(toRecord(large).value.length > 0);
  assert.is(received({ ...LETTER, value: undefined }).value, undefined);
});

test('bounds its reason', () => {
  assert.is(received({ ...LETTER, reason: 'x'.repeat(10_000) }).reason.length, 4_000);
});

test('names the header that is missing or wrong', () => {
  const { value, headers } = toRecord(LETTER);
  const without = (name: string) => headers.filter((header) => !(name in header));
  assert.throws(() => fromRecord(value, without('class')), /lacks the header "class"/);
  assert.throws(() => fromRecord(value, [...without('offset'), { offset: 'x' }]), /"offset" is "x", expected an integer/);
});

test.run();
