import type { Command } from 'commander';
import type { Check, CheckStatus } from '../doctor/check.js';
import { runChecks } from '../doctor/doctor.js';
import { MetafoldError } from '../errors.js';
import { baseCommand, runCommand, type CommonOptions } from './run.js';

const MARKS: Readonly<Record<CheckStatus, string>> = { ok: 'ok', warning: 'warning', failed: 'FAILED', skipped: '-' };

function textOf(checks: readonly Check[]): string {
  const lines = checks.flatMap(({ name, status, found, todo }) => {
    const line = `${MARKS[status].padEnd(8)} ${name.padEnd(24)} ${found}`;
    return todo === null ? [line] : [line, `${' '.repeat(9)}-> ${todo}`];
  });
  return lines.join('\n');
}

/** `metafold doctor`: what works, what does not, and what to do (spec 06 §2.7). */
export function createCommand(name: string): Command {
  return baseCommand(name, 'check versions, settings, connections, topics and templates; exit code 1 if something does not work', [
    'metafold doctor',
    'METAFOLD_SETTINGS=settings.json metafold doctor --json',
  ]).action((options: CommonOptions) =>
    runCommand(name, options, async () => {
      const checks = await runChecks(process.env);
      const failures = checks.filter(({ status }) => status === 'failed').map((check) => check.name);
      const outcome = { result: { checks }, text: textOf(checks) };
      if (failures.length === 0) return outcome;
      return { ...outcome, exitCode: 1, error: new MetafoldError('MF_DOCTOR', `failed: ${failures.join(', ')}`, { failed: failures }) };
    }),
  );
}
