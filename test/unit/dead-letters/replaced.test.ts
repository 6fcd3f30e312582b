import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LetterPositions } from '../../../src/dead-letters/replaced.js';

const test = suite('letters of replaced records');

const at = (offset: number, recordKey = 'a', partition = 0) => ({ topic: 't', partition, recordKey, offset });

test('finds the letters of earlier records of a key, and no others', () => {
  const positions = new LetterPositions();
  positions.set('one', 'binary', at(1));
  positions.set('two', 'binary', at(2));
  positions.set('other key', 'binary', at(1, 'b'));
  positions.set('other partition', 'binary', at(1, 'a', 1));
  positions.set('other projection', 'status', at(1));
  assert.equal(positions.before('binary', at(3)), ['one', 'two']);
  assert.equal(positions.before('binary', at(2)), ['one']);
  assert.equal(positions.before('binary', at(1)), []);
});

test('forgets letters that are taken away', () => {
  const positions = new LetterPositions();
  positions.set('one', 'binary', at(1));
  positions.set('two', 'binary', at(2));
  positions.delete('one');
  positions.delete('never there');
  assert.equal(positions.before('binary', at(9)), ['two']);
  positions.delete('two');
  assert.equal(positions.before('binary', at(9)), []);
});

test('takes a letter that comes again once', () => {
  const positions = new LetterPositions();
  positions.set('one', 'binary', at(1));
  positions.set('one', 'binary', at(1));
  assert.equal(positions.before('binary', at(2)), ['one']);
});

test.run();
