import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { defaultDataFolder, portsFor } from '../../src/stack/layout.js';
import { portIsFree } from '../../src/stack/probes.js';
import {
  findRunningStack,
  type Progress,
  signalService,
  stackDown,
  StackError,
  stackEnv,
  stackStatus,
  stackUp,
} from '../../src/stack/index.js';

/** The stack that integration tests share. It is not the user's: own folder, own ports. */
export interface TestStack {
  readonly data: string;
  /** Whether this run has started it, and so has to end it. */
  readonly started: boolean;
  readonly env: Readonly<Record<string, string>>;
}

const firstPortBase = 31_000;

/** The data folder of the test stack of a checkout. */
export function testDataFolder(root: string): string {
  const env = { ...process.env, METAFOLD_DATA: '' };
  const name = `test-${createHash('sha256').update(root).digest('hex').slice(0, 8)}`;
  return join(dirname(defaultDataFolder(env)), name);
}

/** A port base with room for everything: another checkout may be running its tests. */
async function freePortBase(): Promise<number> {
  const wanted = Number(process.env['METAFOLD_TEST_PORT_BASE'] ?? firstPortBase);
  for (let base = wanted; base < 64_000; base += 500) {
    const free = Object.values(portsFor(base)).map((port: number) => portIsFree(port));
    if ((await Promise.all(free)).every(Boolean)) return base;
  }
  throw new StackError('port_taken', `no free ports from ${String(wanted)} on for the test stack`);
}

/** Starts the test stack, or takes the one that `METAFOLD_TEST_STACK=keep` has left. A fresh one starts without old data. */
export async function startTestStack(root: string, signal: AbortSignal, progress: Progress): Promise<TestStack> {
  const data = testDataFolder(root);
  const running = (await findRunningStack(data)) !== undefined;
  if (!running) await stackDown({ data, wipe: true }, progress);
  const ports = running ? {} : { portBase: await freePortBase() };
  await stackUp({ data, signal, ...ports }, progress);
  return { data, started: !running, env: stackEnv({ data }) };
}

/** Brings back what a test of faults has left stopped or killed. */
export async function restoreTestStack(stack: TestStack, signal: AbortSignal, progress: Progress): Promise<void> {
  const { services } = await stackStatus({ data: stack.data });
  for (const { name, running } of services) if (running) signalService(stack.data, name, 'SIGCONT');
  await stackUp({ data: stack.data, signal }, progress);
}

/** Leaves the stack as it was found; logs stay when they may be needed. */
export async function endTestStack(stack: TestStack, keepLogs: boolean, progress: Progress): Promise<void> {
  if (stack.started && process.env['METAFOLD_TEST_STACK'] !== 'keep') await stackDown({ data: stack.data, wipe: !keepLogs }, progress);
}
