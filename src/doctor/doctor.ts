/** All checks. Each looks at one thing and goes on when another has failed. */
import { loadConfig, type Config, type Environment, type Section } from '../config/index.js';
import { MetafoldError, messageOf } from '../errors.js';
import { failed, ok, warning, type Check } from './check.js';
import { checkCollectionsStore, checkLockTopic } from './collections.js';
import { checkKafka } from './kafka.js';
import { checkOpenSearchServer } from './opensearch.js';
import { checkPort, checkRedis, checkRegistry } from './servers.js';

const OLDEST_NODE = [20, 12] as const;

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const fits = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  return fits ? ok('node', version) : failed('node', version, `install Node.js ${OLDEST_NODE.join('.')} or newer`);
}

type Loaded<S extends Section> = { readonly config: Config<S> } | { readonly check: Check };

async function load<S extends Section>(env: Environment, section: S): Promise<Loaded<S>> {
  try {
    return { config: await loadConfig(env, { need: [section] }) };
  } catch (error) {
    if (!(error instanceof MetafoldError)) throw error;
    return { check: failed(`settings: ${section}`, messageOf(error), 'correct the setting that the message names; see `metafold config`') };
  }
}

async function checkBase(env: Environment): Promise<Check[]> {
  try {
    const config = await loadConfig(env, { need: [] });
    const settings =
      config.warnings.length === 0
        ? ok('settings', `partition ${config.partition}, topic prefix ${config.topicPrefix}, ${config.sources.size} sources`)
        : warning('settings', config.warnings.join('; '), 'correct or remove what the warnings name');
    return [
      settings,
      ...(await Promise.all([checkRegistry(config.registryUrl), checkRedis(config.redis), checkPort(config.prometheusPort)])),
      ...(await checkCollectionsStore(config.redis)),
    ];
  } catch (error) {
    if (!(error instanceof MetafoldError)) throw error;
    return [failed('settings', messageOf(error), 'correct the setting that the message names; see `metafold config`')];
  }
}

async function checkSecurity(env: Environment): Promise<Check> {
  const loaded = await load(env, 'security');
  if ('check' in loaded) return loaded.check;
  const { settings, table } = loaded.config.security;
  return ok('settings: security', `${table.exclusive.size + table.inclusive.size} labels, default ${settings.default}`);
}

/** Runs all checks; throws only for a bug. */
export async function runChecks(env: Environment): Promise<Check[]> {
  const base = await checkBase(env);
  // Every section repeats what is wrong with the whole.
  if (base[0]!.status === 'failed') return [checkNode(process.version), ...base];
  const [kafka, opensearch, security] = await Promise.all([
    load(env, 'kafka').then(async (loaded) =>
      'check' in loaded ? [loaded.check] : [...(await checkKafka(loaded.config)), await checkLockTopic(loaded.config.kafka)],
    ),
    load(env, 'opensearch').then((loaded) => ('check' in loaded ? [loaded.check] : checkOpenSearchServer(loaded.config))),
    checkSecurity(env),
  ]);
  return [checkNode(process.version), base[0]!, security, ...kafka, ...opensearch, ...base.slice(1)];
}
