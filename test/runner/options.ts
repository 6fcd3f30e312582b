/** Which tests to run. */
export interface RunnerOptions {
  readonly unit: boolean;
  readonly integration: boolean;
  readonly only: RegExp | undefined;
}

export const usage = `usage: npm test -- [--unit] [--integration] [--only PATTERN]

  --unit          only the tests that need no server
  --integration   only those that run against the local stack
  --only PATTERN  only files whose path matches this regular expression

METAFOLD_TEST_STACK=keep leaves the servers of the tests running, which saves their start the next time.
METAFOLD_TEST_TIMEOUT_S sets the time limit of each file.`;

/** Reads the arguments; undefined when they make no sense. */
export function parseOptions(args: readonly string[]): RunnerOptions | undefined {
  let [unit, integration] = [false, false];
  let only: RegExp | undefined;
  for (let at = 0; at < args.length; at++) {
    const argument = args[at]!;
    const pattern = argument === '--only' ? args[++at] : argument.startsWith('--only=') ? argument.slice('--only='.length) : undefined;
    if (argument === '--unit') unit = true;
    else if (argument === '--integration') integration = true;
    else if (pattern) only = new RegExp(pattern);
    else return undefined;
  }
  return unit || integration ? { unit, integration, only } : { unit: true, integration: true, only };
}
