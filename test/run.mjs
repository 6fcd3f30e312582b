/**
 * Runs the tests: `npm test` (see `usage` in runner/options.ts). Needs `--import tsx`, which the npm scripts give. The last line
 * is always `N passed, N failed`.
 */
import { main } from './runner/main.ts';

process.exitCode = await main(process.argv.slice(2));
// A stray handle must not keep the runner alive; what it has printed goes out first.
process.stdout.write('', () => process.exit());
