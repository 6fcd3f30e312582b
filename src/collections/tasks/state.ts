/**
 * The tasks as every reader of their topic sees them, record by record. No I/O: all readers of one log come to the same, whatever compaction has left of it
 * (spec 07 §8 "Persistence").
 */
import type { Task, TaskProgress, TaskRecord } from '../types.js';
import { parseKey, parseProgress, parseRebuild, parseTask, type RebuildRecord } from './record.js';

interface Entry {
  readonly record: TaskRecord;
  /** Offset of its first version: compaction moves records, so later versions carry it. */
  readonly first: number;
}

export interface TopicRecord {
  readonly key: string;
  /** Null: a tombstone. */
  readonly value: string | null;
  readonly offset: number;
}

/** A name is one domain's: U+0000 is in neither part. */
function nameKey({ domain, friendlyName }: Pick<TaskRecord, 'domain' | 'friendlyName'>): string {
  return `${domain}\u0000${friendlyName}`;
}

const isLive = ({ record }: Entry): boolean => record.status !== 'REMOVED';

export class TaskState {
  private readonly entries = new Map<string, Entry>();
  private readonly names = new Map<string, Set<string>>();
  private readonly progress = new Map<string, TaskProgress>();
  private readonly rebuilds = new Map<string, RebuildRecord>();

  /**
   * Takes one record; answers with the ids of the tasks that readers may see otherwise now. Throws an Error for a record that is none of this topic's; nothing
   * has changed then.
   */
  apply({ key, value, offset }: TopicRecord): readonly string[] {
    const { kind, id } = parseKey(key);
    switch (kind) {
      case 'task':
        return this.applyTask(id, value === null ? undefined : parseTask(value), offset);
      case 'progress':
        if (value === null) this.progress.delete(id);
        else this.progress.set(id, parseProgress(value));
        return [];
      case 'rebuild':
        if (value === null) this.rebuilds.delete(id);
        else this.rebuilds.set(id, parseRebuild(value));
        return [id];
    }
  }

  private applyTask(id: string, record: TaskRecord | undefined, offset: number): readonly string[] {
    const known = this.entries.get(id);
    if (record !== undefined && record.id !== id)
      throw new Error(`id: ${JSON.stringify(record.id)}, expected the record's key ${JSON.stringify(id)}`);
    // Two wrote a version at once: the first of them stands.
    if (record !== undefined && known !== undefined && record.rev <= known.record.rev) return [];
    if (known !== undefined) this.unname(known);
    if (record === undefined) {
      this.entries.delete(id);
      return known === undefined ? [] : [id, ...this.sameName(known)];
    }
    const entry = { record, first: record.first ?? offset };
    this.entries.set(id, entry);
    const key = nameKey(record);
    const named = this.names.get(key);
    if (named === undefined) this.names.set(key, new Set([id]));
    else named.add(id);
    return [id, ...this.sameName(entry)];
  }

  private unname({ record }: Entry): void {
    const key = nameKey(record);
    const named = this.names.get(key);
    named?.delete(record.id);
    if (named?.size === 0) this.names.delete(key);
  }

  private sameName({ record }: Entry): string[] {
    return [...(this.names.get(nameKey(record)) ?? [])].filter((id) => id !== record.id);
  }

  /** Of several live tasks of one name the one that came first is there; the others never were. */
  private isLoser(entry: Entry): boolean {
    if (!isLive(entry)) return false;
    return this.sameName(entry).some((id) => {
      const other = this.entries.get(id)!;
      return isLive(other) && other.first < entry.first;
    });
  }

  /** By creation time. */
  tasks(): Task[] {
    return [...this.entries.values()]
      .filter((entry) => !this.isLoser(entry))
      .sort((a, b) => a.record.created - b.record.created || a.first - b.first)
      .map((entry) => this.taskOf(entry));
  }

  /** Ids of tasks whose name another one had first: to be forgotten, or they would come to life when that one is removed. */
  losers(): string[] {
    return [...this.entries.values()].filter((entry) => this.isLoser(entry)).map(({ record }) => record.id);
  }

  get(id: string): Task | undefined {
    const entry = this.entries.get(id);
    return entry === undefined || this.isLoser(entry) ? undefined : this.taskOf(entry);
  }

  /** The live task of that name, or one whose keys are still being removed. */
  named(domain: string, friendlyName: string): Task | undefined {
    const entries = [...(this.names.get(nameKey({ domain, friendlyName })) ?? [])].map((id) => this.entries.get(id)!);
    const found = entries.find((entry) => isLive(entry) && !this.isLoser(entry)) ?? entries.find(({ record }) => record.sweep);
    return found && this.taskOf(found);
  }

  rebuildRequest(id: string): string | undefined {
    return this.rebuilds.get(id)?.request;
  }

  private taskOf({ record, first }: Entry): Task {
    return { record, first, progress: this.progress.get(record.id) };
  }
}
