import type { Checkpoint } from '../types.js';

/** JSON text of a checkpoint, as it is stored. */
export function checkpointText({ id, seq, offsets, deletes }: Checkpoint): string {
  return JSON.stringify({ id, seq, offsets, deletes });
}

/** What is stored; undefined for nothing and for what no worker wrote. */
export function readCheckpoint(text: string | null): Checkpoint | undefined {
  if (text === null) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { id, seq, offsets, deletes } = parsed as Partial<Record<keyof Checkpoint, unknown>>;
  if (typeof id !== 'string' || !isCount(seq) || !isCount(deletes) || typeof offsets !== 'object' || offsets === null) return undefined;
  if (!Object.values(offsets).every(isCount)) return undefined;
  return { id, seq, offsets: offsets as Record<string, number>, deletes };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
