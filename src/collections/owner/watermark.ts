/** How far a grouped task's events have come: decides when a window appears, never what it holds (spec 07 §7). */
import type { TopicPartition } from '../../../streams/offsets.js';

export class Watermark {
  private readonly partitions = new Map<string, { greatest: number; endSince: number | undefined }>();

  /** `outOfOrderMs`: how much later than others an event may come before it is late. */
  constructor(
    private readonly outOfOrderMs: number,
    private readonly silenceMs: number,
  ) {}

  /** A partition that is read; until something is known of it nothing is due. */
  add({ topic, partition }: TopicPartition): void {
    const key = `${topic}/${partition}`;
    if (!this.partitions.has(key)) this.partitions.set(key, { greatest: -Infinity, endSince: undefined });
  }

  seen(topic: string, partition: number, eventdate: number): void {
    const known = this.partitions.get(`${topic}/${partition}`);
    if (known === undefined) return;
    known.endSince = undefined;
    if (eventdate > known.greatest) known.greatest = eventdate;
  }

  atEnd(topic: string, partition: number, now: number): void {
    const known = this.partitions.get(`${topic}/${partition}`);
    if (known !== undefined) known.endSince ??= now;
  }

  /** Milliseconds since the epoch. A silent partition counts as up to date, and so does reading nothing. */
  value(now: number): number {
    let least = Infinity;
    for (const { greatest, endSince } of this.partitions.values()) {
      const silent = endSince !== undefined && now - endSince >= this.silenceMs;
      least = Math.min(least, silent ? Math.max(greatest, now) : greatest);
    }
    return this.partitions.size === 0 ? now - this.outOfOrderMs : least - this.outOfOrderMs;
  }

  /** Whether every partition has been at its end, silent, for long enough. */
  isSilent(now: number): boolean {
    return [...this.partitions.values()].every(({ endSince }) => endSince !== undefined && now - endSince >= this.silenceMs);
  }
}
