/**
 * What `npm start`, `npm test`, `npm run setup`, `npm run bench` and `npm run build` run: on a bare clone it installs and builds
 * first, afterwards it goes straight on. Plain JavaScript without packages, because it is what fetches them.
 */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureBuilt } from './build.mjs';
import { handleSignals, interruptCode, onInterrupt, run, say } from './children.mjs';
import { checkNode, ensureDependencies, SetupError } from './dependencies.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const metafold = join(root, 'dist', 'metafold.sh');

/** Fetches the servers of the local stack; starts nothing. */
async function installServers() {
  const stack = (file) => import(pathToFileURL(join(root, 'dist', 'src', 'stack', file)).href);
  const { installStack, defaultCacheFolder, serviceNames, StackError } = await stack('index.js');
  const { endRunningCommands } = await stack('run-command.js');
  const forget = onInterrupt(endRunningCommands);
  try {
    await installStack(defaultCacheFolder(), serviceNames, ({ message }) => say(message));
  } catch (error) {
    throw error instanceof StackError ? new SetupError(`${error.message}\n${error.output}`.trimEnd(), { cause: error }) : error;
  } finally {
    forget();
  }
  say('Ready. Next: "npm start", or "npx metafold --help".');
  return 0;
}

const steps = {
  setup: installServers,
  start: (args) => run(metafold, ['start', ...args]),
  bench: (args) => run(metafold, ['bench', ...args]),
  'bench:api': (args) => run(metafold, ['bench', '--measure', 'api', '--events', '240000', ...args]),
  test: (args) => run(process.execPath, ['--import', 'tsx', join(root, 'test', 'run.mjs'), ...args], { cwd: root }),
  build: () => 0,
};

async function bootstrap([step, ...args]) {
  if (!Object.hasOwn(steps, step ?? '')) {
    say(`usage: bootstrap.mjs ${Object.keys(steps).join('|')} [arguments]`);
    return 2;
  }
  checkNode(root);
  await ensureDependencies(root);
  await ensureBuilt(root, { always: step === 'build' });
  if (interruptCode() !== undefined) return interruptCode();
  return steps[step](args);
}

handleSignals();
try {
  process.exitCode = await bootstrap(process.argv.slice(2));
} catch (error) {
  say(error instanceof SetupError ? `metafold set-up: ${error.message}` : String(error?.stack ?? error));
  process.exitCode = interruptCode() ?? 1;
}
