/**
 * Folds dead letters again, each at its original position, so that a replay is as idempotent as a re-delivery. A letter is taken away
 * once everything that its record asks for is durable; one that fails again is replaced by a letter with the new reason.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RawRecord } from '../../streams/consumer.js';
import { deadLetterKey, type DeadLetter } from '../../streams/dead-letter.js';
import { createReplayKit, judgeNow, type KitDependencies, type ProjectionKit, type ReplayKit } from '../replay/kit.js';
import { durableOf } from '../sinks/opensearch-sink.js';
import { createContender, createOperation } from '../sinks/operations.js';
import { parentsOf } from '../sinks/parents.js';
import type { RecordRefusal } from '../worker/judge.js';

export interface ReplayDependencies extends KitDependencies {
  /** Called after each letter. */
  readonly onProgress: (done: number) => void;
}

export type ReplayOutcome =
  | { readonly kind: 'folded'; readonly documents: number }
  /** The record asks for nothing any more: deleted, expired, too deep, or replaced by a tombstone. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'failed'; readonly refusalClass: string; readonly reason: string };

export interface ReplayedLetter {
  readonly letter: DeadLetter;
  readonly outcome: ReplayOutcome;
}

/** Waits between two attempts to read a letter's record from the log. */
const FETCH_RETRY_MS = 1_000;

export async function replayLetters(letters: readonly DeadLetter[], deps: ReplayDependencies): Promise<ReplayedLetter[]> {
  const { parking, signal } = deps;
  const kit = createReplayKit(deps);
  const replayed: ReplayedLetter[] = [];
  try {
    await kit.prepare();
    for (const letter of letters) {
      if (signal.aborted) break;
      const outcome = await replayLetter(letter, kit.of(letter.projection), { ...deps, ...kit });
      if (outcome.kind === 'failed') await parking.park([{ ...letter, ...outcome, timeMs: Date.now() }]);
      else await parking.remove([deadLetterKey(letter)]);
      replayed.push({ letter, outcome });
      deps.onProgress(replayed.length);
    }
    return replayed;
  } finally {
    await kit.close();
  }
}

type LetterTools = Pick<KitDependencies, 'log' | 'signal'> & Pick<ReplayKit, 'sink' | 'fetcher'>;

async function replayLetter(letter: DeadLetter, replayer: ProjectionKit | undefined, tools: LetterTools): Promise<ReplayOutcome> {
  if (!replayer) return failed('ValueError', `projection "${letter.projection}" is not one of metafold's`);
  const record = await recordOf(letter, tools);
  if (!record) return failed('Gone', 'the letter holds no copy of the record and the log has it no more');
  const judgement = await judgeNow(replayer, record);
  if (judgement.kind === 'tombstone') return { kind: 'nothing' };
  const { writes, refusals } = judgement.result;
  const operations = writes.map((write) => createOperation(createContender(write, record, record.value?.length ?? 0)));
  const { rejections, owed } = await tools.sink.submit(operations);
  if (owed.length > 0) await replayer.removal.settleOwed(owed);
  await tools.sink.submit(parentsOf(durableOf(operations, rejections), replayer.parentOf));
  const [rejection] = rejections;
  if (rejection) return failed(rejection.type, rejection.reason);
  if (refusals.length > 0) return refusedAgain(refusals);
  return operations.length > 0 ? { kind: 'folded', documents: operations.length } : { kind: 'nothing' };
}

/** The record as the letter keeps it, or as the log still has it. */
async function recordOf(letter: DeadLetter, { fetcher, log, signal }: LetterTools): Promise<RawRecord | undefined> {
  const { topic, partition, offset, recordKey, value } = letter;
  if (value !== undefined) return { topic, partition, offset, key: recordKey ?? null, value };
  for (;;) {
    signal.throwIfAborted();
    try {
      return await fetcher.fetch({ topic, partition, offset });
    } catch (error) {
      log.warn({ err: error, topic, partition, offset }, 'record cannot be read from the log, trying again');
      await sleep(FETCH_RETRY_MS, undefined, { signal });
    }
  }
}

function refusedAgain(refusals: readonly RecordRefusal[]): ReplayOutcome {
  return failed(refusals[0]!.class, refusals.map(({ reason }) => reason).join('; '));
}

function failed(refusalClass: string, reason: string): ReplayOutcome {
  return { kind: 'failed', refusalClass, reason };
}
