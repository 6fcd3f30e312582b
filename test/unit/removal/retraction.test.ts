import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { insertToken, recordKeyToken } from '../../../projections/tokens.js';
import type { Contribution } from '../../../projections/types.js';
import { decide, decideOwed, RetractionIndex, retractInsert, retractRecord, retractTokens } from '../../../src/removal/retraction.js';
import { contribution } from '../sinks/fixtures.js';

const retraction = suite('retraction');

const high = contribution({ recordKey: 'high', timestamp: 3n, tokens: ['rH', 'aX'] });
const middle = contribution({ recordKey: 'middle', timestamp: 2n, tokens: ['rM', 'aX', 'aY'] });
const low = contribution({ recordKey: 'low', timestamp: 1n, tokens: ['rL', 'aY'] });
const fold = (contributions: readonly Contribution[], owed = false) => ({ contributions, truncated: false, owed });
const all = fold([high, middle, low]);
const index = (...tokens: string[]) => new RetractionIndex(retractTokens(tokens));

retraction('leaves a document alone when no predicate holds', () => {
  assert.equal(decide(all, new RetractionIndex(retractTokens(['aX'], () => false))), { kind: 'keep' });
  assert.equal(decide(all, index('aZ')), { kind: 'keep' });
});

retraction('takes losers out and keeps the winner', () => {
  assert.equal(decide(all, index('aY')), { kind: 'losers', rest: [high] });
});

retraction('wants another winner when the greatest goes, in order whatever the order of the list', () => {
  assert.equal(decide(fold([low, high, middle]), index('rH')), { kind: 'winner', rest: [middle, low] });
});

retraction('wants another winner for a body that is owed, though only a loser goes', () => {
  assert.equal(decide(fold([high, middle, low], true), index('rL')), { kind: 'winner', rest: [high, middle] });
});

retraction('takes the document when all goes', () => {
  assert.equal(decide(all, index('aX', 'aY')), { kind: 'last' });
  assert.equal(decide(fold([high, middle], true), index('aX')), { kind: 'last' });
});

retraction('asks each predicate only for contributions with its token', () => {
  const asked: string[] = [];
  const matches = ({ recordKey }: Contribution) => asked.push(recordKey) === 0;
  decide(all, new RetractionIndex([{ token: 'aX', matches }]));
  assert.equal(asked, ['high', 'middle']);
});

retraction('holds when any of several with one token does', () => {
  const retractions = ['middle', 'low'].map((key) => ({ token: 'aY', matches: ({ recordKey }: Contribution) => recordKey === key }));
  const both = new RetractionIndex(retractions);
  assert.equal(both.tokens, ['aY']);
  assert.equal(decide(all, both), { kind: 'losers', rest: [high] });
});

retraction('settles what is owed and nothing else', () => {
  assert.equal(decideOwed(all), { kind: 'keep' });
  assert.equal(decideOwed(fold([high, low], true)), { kind: 'winner', rest: [high, low] });
});

retraction('names the contributions of a record and of earlier ones of its key, in its own partition', () => {
  const position = { topic: 't', partition: 1, recordKey: 'k', offset: 5 };
  const { token, matches } = retractRecord(position);
  assert.is(token, recordKeyToken('k'));
  const own = (changes: Partial<Contribution>) => matches(contribution({ ...position, ...changes }));
  assert.equal([4, 5, 6].map((offset) => own({ offset })), [true, true, false]); // prettier-ignore
  assert.not(own({ topic: 'u' }));
  assert.not(own({ partition: 0 }));
  assert.not(own({ recordKey: 'other' }));
  assert.ok(own({ eventKey: 'derived', insertKeys: ['i'], insertOffsets: [1] }));
});

retraction('keeps what the record makes now', () => {
  const keeps = ({ eventKey }: Contribution) => eventKey === 'stays';
  const { matches } = retractRecord({ topic: 't', partition: 0, recordKey: 'k', offset: 5, keeps });
  assert.not(matches(contribution({ eventKey: 'stays', offset: 5 })));
  assert.ok(matches(contribution({ eventKey: 'goes', offset: 5 })));
});

retraction('names what an insert derived, at any place of the derivation, before the offset of its successor', () => {
  const { token, matches } = retractInsert('i', 7);
  assert.is(token, insertToken('i'));
  assert.ok(matches(contribution({ insertKeys: ['i'], insertOffsets: [6] })));
  assert.ok(matches(contribution({ insertKeys: ['h', 'i'], insertOffsets: [9, 6] })));
  assert.not(matches(contribution({ insertKeys: ['i'], insertOffsets: [7] })));
  assert.not(matches(contribution({ insertKeys: ['h'], insertOffsets: [6] })));
});

retraction.run();
