/** One server: two connections, a bounded number of pipelines under way on them (spec 07 §11). */
import { Redis, type ChainableCommander, type RedisOptions } from 'ioredis';
import PQueue from 'p-queue';
import { messageOf } from '../errors.js';
import type { Logger } from '../log.js';
import { StoreOutage, storeError } from './errors.js';
import type { Address } from './options.js';

/** Of each command: an error or its reply. */
export type Replies = readonly (readonly [error: Error | null, reply?: unknown])[];

const CONNECTIONS = 2;
/** As many as a batch of rows takes: while a worker folds what it has polled, it reads no answers and sends nothing, and the server works on what it has. */
const PIPELINES = 32 * CONNECTIONS;

interface Line {
  readonly redis: Redis;
  busy: number;
}

export class RedisNode {
  private readonly queue = new PQueue({ concurrency: PIPELINES });
  private readonly lines: readonly Line[];
  private readonly attempts: Promise<readonly PromiseSettledResult<void>[]>;
  private usedAt = performance.now();
  /** The last thing that went wrong with a connection that is not there again yet. */
  private problem: unknown;

  /** `onReady` is told of each new connection. */
  constructor(
    readonly address: Address,
    options: RedisOptions,
    private readonly log: Pick<Logger, 'warn' | 'info'>,
    onReady: () => void,
  ) {
    this.lines = Array.from({ length: CONNECTIONS }, () => {
      const redis = new Redis({ ...options, ...address });
      redis.on('error', (error: unknown) => this.away(error));
      redis.on('ready', () => {
        this.back();
        onReady();
      });
      return { redis, busy: 0 };
    });
    this.attempts = Promise.allSettled(this.lines.map(({ redis }) => redis.connect()));
  }

  /** Resolves when there is a connection, rejects when the first attempts to make one have failed; others follow either way. */
  async connected(): Promise<void> {
    if ((await this.attempts).every(({ status }) => status === 'rejected')) throw storeError(this.problem ?? this.failure());
  }

  /** Milliseconds since it was last asked something. */
  get idleMs(): number {
    return this.lines.some(({ busy }) => busy > 0) ? 0 : performance.now() - this.usedAt;
  }

  /** Replies of a pipeline that `fill` has filled, in the tick in which it is sent. Rejects with StoreOutage or StoreRefusal when it can't be, or what `fill` throws. */
  async pipeline(fill: (pipeline: ChainableCommander) => void): Promise<Replies> {
    return this.queue.add(() =>
      this.use(async (redis) => {
        const pipeline = redis.pipeline();
        fill(pipeline);
        return (await pipeline.exec()) ?? [];
      }),
    );
  }

  /** What the action answers; its failures as StoreOutage or StoreRefusal. */
  async ask<T>(action: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      return await this.use(action);
    } catch (error) {
      throw storeError(error);
    }
  }

  close(): void {
    for (const { redis } of this.lines) redis.disconnect();
  }

  private async use<T>(action: (redis: Redis) => Promise<T>): Promise<T> {
    await this.attempts;
    this.usedAt = performance.now();
    const ready = this.lines.filter(({ redis }) => redis.status === 'ready');
    if (ready.length === 0) throw this.failure();
    const line = ready.reduce((least, one) => (one.busy < least.busy ? one : least));
    line.busy++;
    try {
      return await action(line.redis);
    } finally {
      line.busy--;
    }
  }

  private get name(): string {
    return `${this.address.host}:${this.address.port}`;
  }

  private failure(): Error {
    return this.problem === undefined ? new StoreOutage(`Redis at ${this.name} is not connected`) : storeError(this.problem);
  }

  private away(error: unknown): void {
    if (this.problem === undefined) this.log.warn({ server: this.name, problem: messageOf(error) }, 'Redis does not answer');
    this.problem = error;
  }

  private back(): void {
    if (this.problem !== undefined) this.log.info({ server: this.name }, 'Redis answers again');
    this.problem = undefined;
  }
}
