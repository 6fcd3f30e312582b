import pino from 'pino';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Contribution } from '../../../projections/types.js';
import { stepSuccessions, type Vacancy } from '../../../src/removal/next-winner.js';
import { createPatience } from '../../../src/removal/patience.js';
import type { Judge } from '../../../src/worker/judge.js';
import { positionKey, type Fetched, type RecordFetcher } from '../../../streams/fetch.js';
import { contribution } from '../sinks/fixtures.js';

const successions = suite('next winner');

const first = contribution({ recordKey: 'a', offset: 1, timestamp: 5n });
const second = contribution({ recordKey: 'b', offset: 2, timestamp: 4n });

function vacancy(...rest: Contribution[]): Vacancy {
  const guard = { index: 'i', id: 'd', routing: 'r', seqNo: 1, primaryTerm: 1 };
  return { document: { ...guard, contributions: rest, truncated: false, owed: true }, rest, passed: [] };
}

/** Records at all positions but `without`; each makes what `makes` says of its offset. */
function deps(
  makes: (offset: number) => { id?: string; contribution: Contribution } | undefined,
  gone: readonly number[] = [],
  unread: readonly number[] = [],
) {
  const fetchMany: RecordFetcher['fetchMany'] = (positions) =>
    Promise.resolve(
      new Map(
        positions
          .filter(({ offset }) => !unread.includes(offset))
          .map(({ topic, partition, offset }): [string, Fetched] => [
            positionKey({ topic, partition, offset }),
            gone.includes(offset)
              ? { kind: 'gone', reason: 'compacted' }
              : { kind: 'record', record: { topic, partition, offset, value: Buffer.from('x') } },
          ]),
      ),
    );
  const judge: Pick<Judge, 'judge'> = {
    judge({ offset }) {
      const made = makes(offset);
      const write = made && { index: 'i', id: made.id ?? 'd', routing: 'r', body: { shows: offset }, contribution: made.contribution };
      return { kind: 'folded', result: { writes: write ? [write] : [], refusals: [], skips: [] } };
    },
  };
  return {
    fetcher: { fetchMany } as RecordFetcher,
    judge: judge as Judge,
    clock: () => 0n,
    patience: createPatience(pino({ level: 'silent' }), new AbortController().signal),
  };
}

const keys = (list: readonly Contribution[]): string[] => list.map(({ recordKey }) => recordKey);

successions('shows what the record of the greatest makes', async () => {
  const { steps } = await stepSuccessions(
    [vacancy(first, second)],
    deps(() => ({ contribution: first })),
  );
  assert.is(steps[0]!.winner?.text.body, '{"shows":1}');
  assert.equal(keys(steps[0]!.vacancy.rest), ['a', 'b']);
});

successions('passes over what is gone, and what the record makes no longer', async () => {
  const reasons = async (...args: Parameters<typeof deps>): Promise<unknown> => {
    const { steps } = await stepSuccessions([vacancy(first, second)], deps(...args));
    assert.is(steps[0]!.winner, undefined);
    assert.equal(keys(steps[0]!.vacancy.rest), ['b']);
    return steps[0]!.vacancy.passed;
  };
  assert.equal(await reasons(() => ({ contribution: first }), [1]), ['compacted']);
  assert.equal(await reasons(() => undefined), ['overruled']);
  assert.equal(await reasons(() => ({ contribution: first, id: 'another' })), ['overruled']);
  assert.equal(await reasons(() => ({ contribution: { ...first, eventKey: 'another' } })), ['overruled']);
});

successions('looks at the next when the judged contribution has come to rank below it', async () => {
  const later = { ...first, timestamp: 1n };
  const { steps } = await stepSuccessions(
    [vacancy(first, second)],
    deps(() => ({ contribution: later })),
  );
  assert.is(steps[0]!.winner, undefined);
  assert.equal(steps[0]!.vacancy.rest, [second, later]);
  assert.equal(steps[0]!.vacancy.passed, []);
});

successions('leaves for later what was not read', async () => {
  const [one, two] = [vacancy(first), vacancy(second)];
  const { steps, later } = await stepSuccessions([one, two], deps((offset) => ({ contribution: offset === 1 ? first : second }), [], [2])); // prettier-ignore
  assert.is(steps.length, 1);
  assert.equal(later, [two]);
});

successions.run();
