/** Many commands: split by server, cut into pipelines, those of moved keys followed to where they are (spec 07 §11). */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChainableCommander } from 'ioredis';
import { isMissingScript, redirectionOf, StoreOutage, storeError } from './errors.js';
import type { RedisNode } from './node.js';
import type { Servers } from './servers.js';

export interface Script {
  readonly source: string;
  readonly sha: string;
}

export interface RedisCommand {
  readonly name: string;
  /** At least one; on a cluster all of one slot. */
  readonly keys: readonly string[];
  /** Behind the keys. */
  readonly args: readonly (string | number)[];
  /** Loaded where it is missing: the command is an EVALSHA of it. */
  readonly script?: Script;
}

/** Called in the tick in which commands are handed to the client: throws when they may not be sent. */
export type BeforeSending = () => void;

/** Keys of one pipeline. */
const KEYS = 100;
/** A key that has been sent on so often is in the middle of something. */
const MAX_HOPS = 8;
const HOP_PAUSE_MS = 50;

interface Pending {
  readonly place: number;
  readonly node: RedisNode;
  readonly asking: boolean;
}

/** Replies in the order of the commands. Rejects with StoreOutage, StoreRefusal or what `guard` throws, once nothing is under way any more; what was applied is unknown then. */
export async function runCommands(servers: Servers, commands: readonly RedisCommand[], guard: BeforeSending): Promise<unknown[]> {
  const replies = new Array<unknown>(commands.length);
  let pending: Pending[] = commands.map(({ keys }, place) => ({ place, node: servers.nodeOf(keys[0]!), asking: false }));
  for (let hop = 0; pending.length > 0; hop++) {
    if (hop === MAX_HOPS) throw new StoreOutage('Redis: keys are still moving between the servers of the cluster');
    if (hop > 1) await sleep(HOP_PAUSE_MS);
    const sent = await allSettled(cut(commands, pending).map((part) => send(servers, commands, part, replies, guard)));
    pending = sent.flat();
    // A script that was missing has been loaded: only keys that have moved for good tell of other slots.
    if (pending.some(({ place, node, asking }) => !asking && node !== servers.nodeOf(commands[place]!.keys[0]!))) await servers.refresh();
  }
  return replies;
}

function cut(commands: readonly RedisCommand[], pending: readonly Pending[]): Pending[][] {
  const parts: Pending[][] = [];
  const open = new Map<RedisNode, { readonly part: Pending[]; keys: number }>();
  for (const one of pending) {
    let last = open.get(one.node);
    if (last === undefined || last.keys >= KEYS) {
      last = { part: [], keys: 0 };
      open.set(one.node, last);
      parts.push(last.part);
    }
    last.part.push(one);
    last.keys += commands[one.place]!.keys.length;
  }
  return parts;
}

/** Sends one pipeline; answers with what has to be sent again, and where. */
async function send(
  servers: Servers,
  commands: readonly RedisCommand[],
  part: readonly Pending[],
  replies: unknown[],
  guard: BeforeSending,
): Promise<Pending[]> {
  const { node } = part[0]!;
  const results = await node.pipeline((pipeline) => {
    for (const { place, asking } of part) {
      if (asking) pipeline.asking();
      append(pipeline, commands[place]!);
    }
    guard();
  });
  const again: Pending[] = [];
  const missing = new Set<Script>();
  let at = 0;
  for (const { place, asking } of part) {
    if (asking) at++;
    const [error, reply] = results[at++] ?? [new StoreOutage('Redis: no reply')];
    const { script } = commands[place]!;
    const redirection = error === null ? undefined : redirectionOf(error);
    if (error === null) replies[place] = reply;
    else if (redirection !== undefined) again.push({ place, node: servers.nodeAt(redirection, node), asking: redirection.asking });
    else if (script !== undefined && isMissingScript(error)) {
      missing.add(script);
      again.push({ place, node, asking });
    } else throw storeError(error);
  }
  for (const { source } of missing) await node.ask((redis) => redis.script('LOAD', source));
  return again;
}

function append(pipeline: ChainableCommander, { name, keys, args, script }: RedisCommand): void {
  if (script === undefined) pipeline.call(name, ...keys, ...args);
  else pipeline.evalsha(script.sha, keys.length, ...keys, ...args);
}

/** Ends when all have ended, with the first failure: nothing is under way behind the caller's back. */
async function allSettled<T>(jobs: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(jobs);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return results.map((result) => (result as PromiseFulfilledResult<T>).value);
}
