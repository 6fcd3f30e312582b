/** What one test file came to. `failed` counts skipped tests and everything else that keeps a file from having passed. */
export interface FileResult {
  readonly passed: number;
  readonly failed: number;
  /** Why the file failed, where its own output does not say so. */
  readonly reasons: readonly string[];
}

export interface FileRun {
  readonly source: string;
  readonly output: string;
  /** Exit code, or null when the file was ended because it took too long. */
  readonly exitCode: number | null;
}

interface Counts {
  readonly total: number;
  readonly passed: number;
  readonly skipped: number;
}

function withoutColours(output: string): string {
  return output.replace(/\u001b\[[0-9;]*m/g, '');
}

/** The counts of the last summary that uvu has printed; undefined when it printed none. */
export function parseSummary(output: string): Counts | undefined {
  const last = [...withoutColours(output).matchAll(/^ {2}Total: +(\d+)\s+Passed: +(\d+)\s+Skipped: +(\d+)\s+Duration:/gm)].at(-1);
  return last === undefined ? undefined : { total: Number(last[1]), passed: Number(last[2]), skipped: Number(last[3]) };
}

/** So much of what a test failed with is told at the end. */
const REASON_LENGTH = 300;

/** The tests that uvu's output tells as failed, as `suite "name": what it failed with`, of which the first line. */
export function failedTests(output: string): string[] {
  const found = withoutColours(output).matchAll(/^ {3}FAIL {2}(\S.*?) {2}("(?:.*)")\n(?: {4}(\S.*))?/gm);
  return [...found].map(
    ([, suite, name, reason]) => `${suite!} ${name!}${reason === undefined ? '' : `: ${reason.slice(0, REASON_LENGTH)}`}`,
  );
}

/** True when a source makes more suites than it runs: uvu says nothing about a forgotten `.run()`. */
export function forgetsToRun(source: string): boolean {
  const made = source.match(/=\s*suite(<[^>]*>)?\(/g)?.length ?? 0;
  const ran = source.match(/\.run\(\)/g)?.length ?? 0;
  return made > ran;
}

/**
 * Judges the run of one file. uvu exits 0 after a throw in `before`, a forgotten `.run()` and an empty suite; none of them may
 * pass, and neither may a skipped test.
 */
export function judge({ source, output, exitCode }: FileRun): FileResult {
  const counts = parseSummary(output);
  const { total = 0, passed = 0, skipped = 0 } = counts ?? {};
  const reasons: string[] = [];
  if (exitCode === null) reasons.push('it took too long and was ended');
  if (counts === undefined) reasons.push('it printed no summary: it ended early, or no suite was run');
  else if (total === 0) reasons.push('it has no test');
  if (skipped > 0) reasons.push(`${String(skipped)} of its tests are skipped`);
  if (forgetsToRun(source)) reasons.push('a suite is never run (.run() is missing)');
  const unpassed = total - passed + skipped;
  if (exitCode !== null && exitCode !== 0 && unpassed === 0) reasons.push(`it exited with ${String(exitCode)}`);
  return { passed, failed: reasons.length > 0 ? Math.max(unpassed, 1) : unpassed, reasons };
}
