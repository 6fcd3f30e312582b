import * as assert from 'uvu/assert';
import { COMMANDS } from '../../src/cli/commands.js';
import { integration } from '../helpers/integration.js';
import { metafold, startMetafold, type Environment } from '../helpers/metafold.js';

const test = integration('command conventions');

/** Nothing of the caller's: no addresses, no running stack. */
const ALONE: Environment = {
  ...Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => /^(metafold|metastore|security)_/i.test(name))
      .map((name): [string, undefined] => [name, undefined]),
  ),
  METAFOLD_DATA: '/nonexistent/metafold',
};

interface ResultObject {
  command: string;
  ok: boolean;
  dry_run: boolean;
  started: string;
  finished: string;
  result: Record<string, unknown>;
  warnings: string[];
  error: null | { code: string; message: string; details: Record<string, unknown> };
}

function resultObject(stdout: string): ResultObject {
  assert.match(stdout, /^\{.*\}\n$/);
  const object = JSON.parse(stdout) as ResultObject;
  assert.equal(Object.keys(object), ['command', 'ok', 'dry_run', 'started', 'finished', 'result', 'warnings', 'error']);
  return object;
}

test('lists every command in its help', async () => {
  const { stdout } = await metafold(['--help'], ALONE);
  for (const { name } of COMMANDS) assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
});

test('prints its version', async () => {
  assert.match((await metafold(['--version'], ALONE)).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('shows options and examples of each command of its own', async () => {
  for (const name of ['publish', 'publish-raw', 'export', 'generate', 'doctor', 'config', 'force-update-templates']) {
    const { stdout } = await metafold([name, '--help'], ALONE);
    for (const part of ['--json', '--quiet', '--log-level', 'Examples:', `$ `]) assert.ok(stdout.includes(part), `${name}: ${part}`);
  }
});

const USAGE: readonly (readonly string[])[] = [
  [],
  ['nonsense'],
  ['publish'],
  ['publish', 'x', '--nonsense'],
  ['publish', 'x', '--model-version', '7'],
  ['publish', 'x', '--repeat', 'often'],
  ['export', 'everything'],
  ['config', '--log-level', 'loud'],
  ['generate', '--binaries', '-1'],
];

for (const args of USAGE) {
  test(`exits with 2 for "metafold ${args.join(' ')}", with a result object under --json`, async () => {
    const [text, json] = await Promise.all([metafold(args, ALONE, 2), metafold([...args, '--json'], ALONE, 2)]);
    assert.is(text.stdout, '');
    assert.ok(text.stderr.length > 0);
    const { ok, error } = resultObject(json.stdout);
    assert.is(ok, false);
    assert.is(error?.code, 'MF_USAGE');
  });
}

test('prints one object on success', async () => {
  const { stdout, stderr } = await metafold(['config', '--json'], ALONE);
  const { command, ok, error, result } = resultObject(stdout);
  assert.equal([command, ok, error], ['config', true, null]);
  assert.is((result['settings'] as Record<string, unknown>)['metastore_partition'], 'dev01');
  assert.is(stderr, '');
});

test('prints one object on failure, and without --json one line with the code', async () => {
  const environment = { ...ALONE, METASTORE_PROMETHEUS_PORT: 'many' };
  const { ok, error } = resultObject((await metafold(['config', '--json'], environment, 1)).stdout);
  assert.is(ok, false);
  assert.is(error?.code, 'MF_CONFIG');
  assert.equal(error?.details, { setting: 'metastore_prometheus_port' });
  const text = await metafold(['config'], environment, 1);
  assert.is(text.stdout, '');
  assert.match(text.stderr, /^metafold config: MF_CONFIG: metastore_prometheus_port: "many".*\n$/);
});

test('carries warnings in the object, and on stderr without --json', async () => {
  const environment = { ...ALONE, METASTORE_PARTITON: 'x' };
  assert.is(resultObject((await metafold(['config', '--json'], environment)).stdout).warnings.length, 1);
  assert.match((await metafold(['config'], environment)).stderr, /warning: unknown setting METASTORE_PARTITON/);
});

test('says how to get a stack when there is nothing to talk to', async () => {
  for (const args of [['publish', '-'], ['export']]) {
    assert.match((await metafold(args, ALONE, 1)).stderr, /MF_CONFIG: .*metafold stack up/);
  }
});

test('fails in doctor with a result all the same', async () => {
  const { ok, result, error } = resultObject(
    (await metafold(['doctor', '--json'], { ...ALONE, METASTORE_PROMETHEUS_PORT: '0' }, 1)).stdout,
  );
  assert.is(ok, false);
  assert.is(error?.code, 'MF_DOCTOR');
  const checks = result['checks'] as { name: string; status: string; todo: string | null }[];
  assert.is(checks.find(({ name }) => name === 'node')?.status, 'ok');
  assert.is(checks.find(({ name }) => name === 'settings: kafka')?.status, 'failed');
  for (const { status, todo } of checks) assert.is(todo !== null, status === 'failed' || status === 'warning');
});

test('prints lines and nothing else with generate, and stops quietly when nobody reads on', async () => {
  const { stdout } = await metafold(['generate', '--binaries', '3', '--quiet'], ALONE);
  for (const line of stdout.trimEnd().split('\n')) assert.equal(Object.keys(JSON.parse(line) as object), ['topic', 'key', 'event']);
  const running = startMetafold(['generate', '--binaries', '20000'], ALONE);
  running.process.stdout!.once('data', () => running.process.stdout!.destroy());
  assert.is((await running.outcome).code, 0);
});

test('ends its help quietly when nobody reads it', async () => {
  for (const args of [['--help'], ['generate', '--help']]) {
    const running = startMetafold(args, ALONE);
    running.process.stdout!.destroy();
    const { code, stderr } = await running.outcome;
    assert.equal({ code, stderr }, { code: 0, stderr: '' });
  }
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`exits with ${code} after ${signal}`, async () => {
    const running = startMetafold(['generate', '--binaries', '1000000', '--output', '/dev/null', '--json'], ALONE);
    running.process.stderr!.once('data', () => running.process.kill(signal));
    const { code: seen, stdout } = await running.outcome;
    assert.is(seen, code);
    const { error, result } = resultObject(stdout);
    assert.is(error?.code, 'MF_INTERRUPTED');
    assert.ok((result['events'] as number) > 0);
  });
}
