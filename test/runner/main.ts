import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Progress, StackError } from '../../src/stack/index.js';
import { parseOptions, type RunnerOptions, usage } from './options.js';
import { endRunningFiles, type FileOutcome, mostlyWaits, runFile } from './run-file.js';
import { failedTests } from './summary.js';
import { endTestStack, restoreTestStack, startTestStack, type TestStack } from './test-stack.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const unitSeconds = 120;
const integrationSeconds = 400;
const unitFilesAtOnce = 2;
const waitingFilesAtOnce = 3;

const print = (line: string) => process.stdout.write(`${line}\n`);
const progress: Progress = ({ message }) => process.stderr.write(`${message}\n`);

interface Totals {
  passed: number;
  failed: number;
  /** Lines that say what failed: told again at the end, since the output of many files is long. */
  readonly failures: string[];
}

function testFiles(kind: 'unit' | 'integration', only: RegExp | undefined): string[] {
  const folder = join(root, 'test', kind);
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name))
    .filter((file) => only === undefined || only.test(relative(root, file)))
    .sort();
}

/** The caller's environment without settings of metafold: a test must not depend on the shell that starts it. */
function cleanEnvironment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const ours = /^(metafold_(?!test_|cache$)|metastore_|security_|restapi_|oidc_|cors_|dp[._])/i;
  const kept = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
  return { ...kept, NO_COLOR: '1', FORCE_COLOR: '0', ...extra };
}

function report(file: string, outcome: FileOutcome, totals: Totals): void {
  totals.passed += outcome.passed;
  totals.failed += outcome.failed;
  const name = relative(root, file);
  const time = `${outcome.seconds.toFixed(1)} s`;
  if (outcome.failed === 0) {
    print(`ok    ${name}  ${String(outcome.passed)} tests  ${time}`);
    return;
  }
  print(`FAIL  ${name}  ${String(outcome.passed)} passed, ${String(outcome.failed)} failed  ${time}`);
  print(outcome.output.trimEnd());
  for (const reason of outcome.reasons) print(`      ${name}: ${reason}`);
  totals.failures.push(...[...failedTests(outcome.output), ...outcome.reasons].map((line) => `${name}: ${line}`));
}

function secondsPerFile(standard: number): number {
  return Number(process.env['METAFOLD_TEST_TIMEOUT_S'] ?? standard);
}

/** Runs files, so many at one time. */
async function inLanes(
  files: readonly string[],
  lanes: number,
  signal: AbortSignal,
  run: (file: string) => Promise<FileOutcome>,
  totals: Totals,
): Promise<void> {
  const waiting = [...files];
  const lane = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined && !signal.aborted; file = waiting.shift()) report(file, await run(file), totals);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function runUnit(files: readonly string[], totals: Totals, signal: AbortSignal): Promise<void> {
  const env = cleanEnvironment({});
  await inLanes(files, unitFilesAtOnce, signal, (file) => runFile(file, env, secondsPerFile(unitSeconds)), totals);
}

/** Those that mostly wait run beside each other; the others one at a time, since some stop the servers and some measure. */
async function runOnStack(files: readonly string[], stack: TestStack, totals: Totals, signal: AbortSignal): Promise<void> {
  // Compiling it anew for each of many hundred processes costs more than what they do.
  const env = cleanEnvironment({ ...stack.env, METAFOLD_TEST_COMPILED: join(root, 'dist', 'src', 'main.js') });
  const run = async (file: string): Promise<FileOutcome> => {
    const name = relative(root, file);
    const heartbeat = setInterval(() => process.stderr.write(`... ${name}\n`), 30_000);
    try {
      return await runFile(file, env, secondsPerFile(integrationSeconds));
    } finally {
      clearInterval(heartbeat);
    }
  };
  const waiting = new Set(files.filter((file) => mostlyWaits(readFileSync(file, 'utf8'))));
  await inLanes([...waiting], waitingFilesAtOnce, signal, run, totals);
  const silent: Progress = () => undefined;
  const others = files.filter((file) => !waiting.has(file));
  await inLanes(others, 1, signal, async (file) => restoreTestStack(stack, signal, silent).then(() => run(file)), totals);
}

async function runIntegration(files: readonly string[], totals: Totals, signal: AbortSignal): Promise<void> {
  if (files.length === 0) return;
  const stack = await startTestStack(root, signal, progress);
  const failedBefore = totals.failed;
  let finished = false;
  try {
    await runOnStack(files, stack, totals, signal);
    finished = true;
  } finally {
    const keepLogs = !finished || totals.failed > failedBefore;
    await endTestStack(stack, keepLogs, progress);
    if (keepLogs) print(`The servers' logs are in ${join(stack.data, 'logs')}`);
  }
}

async function runAll(options: RunnerOptions, totals: Totals, signal: AbortSignal): Promise<void> {
  if (options.unit) await runUnit(testFiles('unit', options.only), totals, signal);
  if (options.integration && !signal.aborted) await runIntegration(testFiles('integration', options.only), totals, signal);
}

/** Runs what the arguments ask for and resolves with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === undefined) {
    process.stderr.write(`${usage}\n`);
    return 2;
  }
  const controller = new AbortController();
  let exitCode: number | undefined;
  const stop = (code: number) => () => {
    exitCode ??= code;
    controller.abort();
    endRunningFiles();
  };
  process.on('SIGINT', stop(130)).on('SIGTERM', stop(143));
  const totals: Totals = { passed: 0, failed: 0, failures: [] };
  try {
    await runAll(options, totals, controller.signal);
  } catch (error) {
    totals.failed += 1;
    totals.failures.push(error instanceof Error ? error.message : String(error));
    print(`FAIL  ${totals.failures.at(-1)!}`);
    if (error instanceof StackError) print(error.output);
  }
  for (const failure of totals.failures) print(`failed: ${failure}`);
  print(`${String(totals.passed)} passed, ${String(totals.failed)} failed`);
  return exitCode ?? (totals.failed === 0 && totals.passed > 0 ? 0 : 1);
}
