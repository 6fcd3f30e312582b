import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseOptions } from '../../runner/options.js';
import { mostlyWaits, timeLimit } from '../../runner/run-file.js';
import { failedTests, forgetsToRun, judge, parseSummary } from '../../runner/summary.js';

const test = suite('test runner');

const summary = (total: number, passed: number, skipped: number) =>
  `some suite • • (2 / 2)\n\n  Total:     ${String(total)}\n  Passed:    ${String(passed)}\n  Skipped:   ${String(skipped)}\n  Duration:  1.00ms\n\n`;
const source = `const test = suite('x');\ntest('y', () => {});\ntest.run();\n`;

test('reads the counts through colours', () => {
  assert.equal(parseSummary(summary(3, 2, 1)), { total: 3, passed: 2, skipped: 1 });
  const coloured = '\n  Total:     3\u001b[32m\n  Passed:    3\u001b[39m\n  Skipped:   0\n  Duration:  1.00ms\n\n';
  assert.equal(parseSummary(coloured), { total: 3, passed: 3, skipped: 0 });
  assert.is(parseSummary('Total: 3, Passed: 3, Skipped: 0'), undefined);
});

test('passes a file whose tests all pass', () => {
  assert.equal(judge({ source, output: summary(2, 2, 0), exitCode: 0 }), { passed: 2, failed: 0, reasons: [] });
});

test('fails what uvu lets through with exit code 0', () => {
  const cases: [string, string, number | null][] = [
    ['a throw in before', summary(2, 0, 0), 0],
    ['a forgotten run', '', 0],
    ['no test', summary(0, 0, 0), 0],
    ['a skipped test', summary(2, 2, 1), 0],
    ['an exit code', summary(2, 2, 0), 1],
    ['the time limit', summary(2, 2, 0), null],
  ];
  for (const [what, output, exitCode] of cases) assert.ok(judge({ source, output, exitCode }).failed > 0, what);
});

test('counts each failed and each skipped test', () => {
  assert.is(judge({ source, output: summary(5, 3, 1), exitCode: 1 }).failed, 3);
});

test('names the tests that failed and what with, through colours', () => {
  const line = (suite: string, name: string) =>
    `\n   \u001b[31mFAIL\u001b[39m  ${suite}  \u001b[33m"${name}"\u001b[39m\n    Expected true\n`;
  const output = `x • ✘ ✘   (0 / 2)\n${line('a suite', 'says "no"')}    at FAIL  b  "c"\n${line('a suite', 'ends')}${summary(2, 0, 0)}`;
  assert.equal(failedTests(output), ['a suite "says "no"": Expected true', 'a suite "ends": Expected true']);
  assert.equal(failedTests(summary(2, 2, 0)), []);
});

test('sees that one of two suites is never run', () => {
  const two = `const a = suite('a');\nconst b = suite<{ x: number }>('b');\na.run();\n`;
  assert.ok(forgetsToRun(two));
  assert.not(forgetsToRun(`${two}b.run();\n`));
  assert.is(judge({ source: two, output: summary(1, 1, 0), exitCode: 0 }).failed, 1);
});

test('takes the options of npm test', () => {
  assert.equal(parseOptions([]), { unit: true, integration: true, only: undefined });
  assert.equal(parseOptions(['--unit']), { unit: true, integration: false, only: undefined });
  assert.equal(parseOptions(['--integration', '--only', 'crash']), { unit: false, integration: true, only: /crash/ });
  assert.equal(parseOptions(['--only=x']), { unit: true, integration: true, only: /x/ });
  assert.is(parseOptions(['--fast']), undefined);
  assert.is(parseOptions(['--only']), undefined);
});

test('lets a file ask for more time, never for less', () => {
  assert.is(timeLimit('// test-timeout-s: 900\n', 120), 900);
  assert.is(timeLimit('// test-timeout-s: 5\n', 120), 120);
  assert.is(timeLimit('import x', 120), 120);
});

test('a file says by a comment that it may run beside others', () => {
  assert.ok(mostlyWaits('/** Title. */\n// test-mostly-waits\nimport x'));
  assert.not(mostlyWaits('// test-mostly-waits for something\n'));
  assert.not(mostlyWaits('import x'));
});

test.run();
