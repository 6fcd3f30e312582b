import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadConfig, type Config, type Environment, type Section } from '../../../src/config/index.js';
import { MetafoldError } from '../../../src/errors.js';

const test = suite('config');
const folder = mkdtempSync(join(tmpdir(), 'metafold-config-'));
test.after(() => rmSync(folder, { recursive: true }));

const noStack = () => Promise.resolve(undefined);
type FindStack = (folder?: string) => Promise<Record<string, string> | undefined>;
function load<S extends Section = never>(env: Environment, need: readonly S[] = [], findStack: FindStack = noStack): Promise<Config<S>> {
  return loadConfig<S>(env, { need, findStack });
}

function file(content: string | object): string {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function failure(env: Environment, need: readonly Section[] = []): Promise<MetafoldError> {
  try {
    await load(env, need);
  } catch (error) {
    assert.instance(error, MetafoldError);
    assert.is((error as MetafoldError).code, 'MF_CONFIG');
    return error as MetafoldError;
  }
  throw new Error(`accepted ${JSON.stringify(env)}`);
}

const LABELS = JSON.stringify({ classification: { options: [{ name: 'LOW', priority: 10 }] } });

test('has a default for everything but addresses and labels', async () => {
  const config = await load({});
  assert.is(config.partition, 'dev01');
  assert.is(config.topicPrefix, 'test01');
  assert.is(config.ingestorVersionSuffix, 0);
  assert.is(config.registryUrl, undefined);
  assert.is(config.redis, undefined);
  assert.is(config.statusPartitionUnit, 'week');
  assert.is(config.statusExpireMs, 1_209_600_000);
  assert.is(config.entropyEngine, 'lucene');
  assert.is(config.maxContributions, 200);
  assert.is(config.settleSeconds, 10);
  assert.is(config.prometheusPort, 8900);
  assert.is(config.logLevel, 'info');
  assert.equal(config.indexConfig.binary2, { number_of_shards: 3, number_of_replicas: 2, refresh_interval: '30s' });
  assert.equal(config.indexConfig.status, { number_of_shards: 3, number_of_replicas: 2, refresh_interval: '5s' });
  assert.equal(config.warnings, []);
});

test('reads names in either case', async () => {
  assert.is((await load({ METASTORE_PARTITION: 'qa01' })).partition, 'qa01');
  assert.is((await load({ metastore_partition: 'qa01' })).partition, 'qa01');
  assert.is((await load({ Metastore_Partition: 'qa01' })).partition, 'qa01');
});

test('refuses one name in two cases with different values', async () => {
  assert.match((await failure({ METASTORE_PARTITION: 'a1', metastore_partition: 'b1' })).message, /different values/);
  assert.is((await load({ METASTORE_PARTITION: 'a1', metastore_partition: 'a1' })).partition, 'a1');
});

test('lets the environment win over the file, and the file over the default', async () => {
  const path = file({ metastore_partition: 'from-file', METAFOLD_TOPIC_PREFIX: 'file01', metafold_settle_seconds: 2.5 });
  const config = await load({ METAFOLD_SETTINGS: path, METASTORE_PARTITION: 'from-env' });
  assert.is(config.partition, 'from-env');
  assert.is(config.topicPrefix, 'file01');
  assert.is(config.settleSeconds, 2.5);
  assert.equal(config.shown.metastore_partition, { value: 'from-env', origin: 'environment' });
  assert.is(config.shown.metafold_topic_prefix?.origin, 'file');
  assert.is(config.shown.metastore_log_level?.origin, 'default');
});

test('takes structured values as JSON text and, in the file, as they are', async () => {
  const sources = { s1: { expire_events_after: '3 months' } };
  for (const env of [
    { METASTORE_SOURCES: JSON.stringify(sources) },
    { METAFOLD_SETTINGS: file({ metastore_sources: sources }) },
    { METAFOLD_SETTINGS: file({ metastore_sources: JSON.stringify(sources) }) },
  ]) {
    assert.is((await load(env)).sources.get('s1')?.expireAfterMs, 7_776_000_000);
  }
});

test('overrides single values of an index configuration', async () => {
  const config = await load({ METAFOLD_BINARY2_INDEX_CONFIG: '{"number_of_replicas":"0"}' });
  assert.equal(config.indexConfig.binary2, { number_of_shards: 3, number_of_replicas: 0, refresh_interval: '30s' });
});

test('asks for labels and addresses only where they are needed', async () => {
  const config = await load({ METAFOLD_KAFKA_BROKERS: 'a:1, b:2' }, ['kafka']);
  assert.is(config.kafka.brokers, 'a:1,b:2');
  assert.is((config as Partial<Config>).security, undefined);
  assert.is((config as Partial<Config>).opensearch, undefined);
});

test('has an optional section when its address is known', async () => {
  const optional = ['kafka'] as const;
  const opensearch = { METASTORE_OPENSEARCH_URL: 'http://localhost:9200' };
  const without = await loadConfig(opensearch, { need: ['opensearch'], optional, findStack: noStack });
  assert.is(without.kafka, undefined);
  const given = await loadConfig({ ...opensearch, METAFOLD_KAFKA_BROKERS: 'a:1' }, { need: ['opensearch'], optional, findStack: noStack });
  assert.is(given.kafka?.brokers, 'a:1');
  const stack = { metafold_kafka_brokers: 'b:2', metastore_opensearch_url: 'http://localhost:9200' };
  const found = await loadConfig({}, { need: ['opensearch'], optional, findStack: () => Promise.resolve(stack) });
  assert.is(found.kafka?.brokers, 'b:2');
});

test('builds the security policy', async () => {
  const env = { SECURITY_LABELS: LABELS, security_default: 'low', SECURITY_ALLOW_RELEASABILITY_PRIORITY_GTE: '30' };
  assert.is((await load(env, ['security'])).security.defaultSecurity, 'LOW');
});

test('names the wrong security setting and the check that failed', async () => {
  assert.match((await failure({}, ['security'])).message, /^SECURITY_LABELS is not set: .*METAFOLD_SETTINGS/);
  const env = { SECURITY_LABELS: LABELS, SECURITY_ALLOW_RELEASABILITY_PRIORITY_GTE: '30' };
  assert.match((await failure(env, ['security'])).message, /SecuritySecurityDefaultNotSet/);
});

test('finds the running local stack when no address is given', async () => {
  const stack = {
    METAFOLD_KAFKA_BROKERS: 'k:9',
    METASTORE_OPENSEARCH_URL: 'http://127.0.0.1:7/',
    METASTORE_STATUS_INDEX_CONFIG: '{"number_of_shards":1}',
    METAFOLD_REDIS_URL: 'redis://r:1',
  };
  const asked: (string | undefined)[] = [];
  const find = (dataFolder?: string) => {
    asked.push(dataFolder);
    return Promise.resolve(stack);
  };
  const config = await load({ METAFOLD_DATA: '/some/where', METAFOLD_REDIS_URL: 'redis://own:1' }, ['kafka', 'opensearch'], find);
  assert.is(config.kafka.brokers, 'k:9');
  assert.is(config.opensearch.url, 'http://127.0.0.1:7');
  assert.is(config.indexConfig.status.number_of_shards, 1);
  assert.equal(config.redis?.urls, ['redis://own:1']);
  assert.is(config.shown.metafold_kafka_brokers?.origin, 'stack');
  assert.equal(asked, ['/some/where']);
  const own = await load({ METASTORE_STATUS_INDEX_CONFIG: '{"number_of_shards":5}' }, ['kafka'], find);
  assert.is(own.indexConfig.status.number_of_shards, 5);
});

test('does not mix the local stack with an address that was given', async () => {
  const find = () => Promise.resolve({ METASTORE_OPENSEARCH_URL: 'http://127.0.0.1:7' });
  const config = await load({ METAFOLD_KAFKA_BROKERS: 'k:9' }, ['kafka'], find);
  assert.is(config.shown.metastore_opensearch_url?.value, '');
  const error = await failure({ METAFOLD_KAFKA_BROKERS: 'k:9' }, ['opensearch']);
  assert.match(error.message, /METASTORE_OPENSEARCH_URL is not set/);
});

test('says what to do when there is no address and no stack', async () => {
  assert.match((await failure({}, ['kafka'])).message, /METAFOLD_KAFKA_BROKERS.*metafold stack up/);
});

test('warns of unknown names of its own families and guesses what was meant', async () => {
  const config = await load({ METASTORE_PARTITON: 'x', METAFOLD_NONSENSE_AT_ALL: '1', PATH: '/bin', METAFOLD_TEST_KEEP: '1' });
  assert.is(config.warnings.length, 2);
  assert.match(config.warnings[0]!, /METASTORE_PARTITON.*metastore_partition/);
  const fromFile = await load({ METAFOLD_SETTINGS: file({ metastore_sorces: {}, oidc_client_id: 'web', cors_allow_origins: [] }) });
  assert.is(fromFile.warnings.length, 1);
  assert.match(fromFile.warnings[0]!, /metastore_sorces.*metastore_sources/);
});

test('warns of plain HTTP to another machine', async () => {
  assert.is((await load({ METASTORE_OPENSEARCH_URL: 'http://search.example:9200' })).warnings.length, 1);
  assert.is((await load({ METASTORE_OPENSEARCH_URL: 'http://localhost:9200' })).warnings.length, 0);
});

const WRONG: readonly (readonly [name: string, value: string, expected: RegExp])[] = [
  ['METASTORE_PARTITION', '', /part of an index name/],
  ['METASTORE_PARTITION', 'Bench', /lower case/],
  ['METASTORE_INGESTOR_VERSION_SUFFIX', 'one', /whole number/],
  ['METASTORE_PROMETHEUS_PORT', '70000', /0 to 65535/],
  ['METASTORE_PROMETHEUS_PORT', '', /whole number/],
  ['METASTORE_LOG_LEVEL', 'loud', /FATAL, CRITICAL/],
  ['METASTORE_CERTIFICATE_VERIFICATION', 'perhaps', /true or false/],
  ['METASTORE_STATUS_PARTITION_UNIT', 'decade', /year, month/],
  ['METASTORE_STATUS_EXPIRE_EVENTS', '2 week', /"3 months"/],
  ['METASTORE_STATUS_EXPIRE_EVENTS', '2  weeks', /"3 months"/],
  ['METASTORE_STATUS_EXPIRE_EVENTS', '0 days', /"3 months"/],
  ['METASTORE_STATUS_INDEX_CONFIG', '{"number_of_shard":1}', /number_of_shard: unknown key, did you mean "number_of_shards"/],
  ['METASTORE_STATUS_INDEX_CONFIG', '{"refresh_interval":"5 s"}', /refresh_interval/],
  ['METASTORE_STATUS_INDEX_CONFIG', '[]', /JSON object/],
  ['METASTORE_OPENSEARCH_URL', 'localhost:9200', /https:\/\/host:port/],
  ['METAFOLD_KAFKA_BROKERS', 'http://k:9092', /host:port/],
  ['METAFOLD_TOPIC_PREFIX', 'a b', /topic name/],
  ['METAFOLD_KAFKA_SECURITY_PROTOCOL', 'tls', /plaintext, ssl/],
  ['METAFOLD_REDIS_URL', 'http://r:1', /redis:/],
  ['METAFOLD_ENTROPY_ENGINE', 'nmslib', /lucene, faiss, off/],
  ['METAFOLD_MAX_CONTRIBUTIONS', '0', /1 to/],
  ['METAFOLD_SETTLE_SECONDS', '-1', /seconds/],
  ['METASTORE_SOURCES', '{', /not JSON/],
  ['METAFOLD_SETTINGS', '/no/such/file.json', /ENOENT/],
];

for (const [name, value, expected] of WRONG) {
  test(`refuses ${name}=${value} with the setting's name, the value and what was expected`, async () => {
    const { message, details } = await failure({ [name]: value });
    assert.match(message.toLowerCase(), name.toLowerCase());
    assert.match(message, expected);
    assert.match(String(details.setting), name.toLowerCase());
  });
}

test('refuses a settings file that is no object, without quoting it', async () => {
  assert.match((await failure({ METAFOLD_SETTINGS: file('[1]') })).message, /expected a JSON object/);
  const { message } = await failure({ METAFOLD_SETTINGS: file('{"metastore_opensearch_password": geheim}') });
  assert.match(message, /not JSON/);
  assert.not.match(message, /geheim/);
});

test('reads TLS and SASL into the names of the client', async () => {
  const ca = file('a certificate');
  const env = {
    METAFOLD_KAFKA_BROKERS: 'k:9',
    METAFOLD_KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    METAFOLD_KAFKA_SASL_MECHANISM: 'scram-sha-512',
    METAFOLD_KAFKA_SASL_USERNAME: 'u',
    METAFOLD_KAFKA_SASL_PASSWORD: 'p',
    METAFOLD_KAFKA_SSL_CA_LOCATION: ca,
  };
  assert.equal((await load(env, ['kafka'])).kafka.client, {
    'security.protocol': 'sasl_ssl',
    'sasl.mechanism': 'SCRAM-SHA-512',
    'sasl.username': 'u',
    'sasl.password': 'p',
    'ssl.ca.location': ca,
  });
  assert.match(
    (await failure({ METAFOLD_KAFKA_BROKERS: 'k:9', METAFOLD_KAFKA_SECURITY_PROTOCOL: 'sasl_ssl' }, ['kafka'])).message,
    /sasl_mechanism/,
  );
});

for (const kind of ['CA', 'CERTIFICATE', 'KEY']) {
  test(`refuses a ${kind} file for Kafka that cannot be read, with its setting`, async () => {
    const setting = `METAFOLD_KAFKA_SSL_${kind}_LOCATION`;
    const { message } = await failure({ METAFOLD_KAFKA_BROKERS: 'k:9', [setting]: '/no/such/file.pem' }, ['kafka']);
    assert.match(message, new RegExp(`^${setting.toLowerCase()}: "/no/such/file.pem" cannot be read: ENOENT`));
  });
}

test('shows no secret', async () => {
  const config = await load({
    METASTORE_OPENSEARCH_PASSWORD: 'geheim1',
    METAFOLD_REDIS_URL: 'redis://user:geheim2@r:6379/0',
    METASTORE_OPENSEARCH_URL: 'https://u:geheim3@o:9200',
    METAFOLD_KAFKA_SASL_PASSWORD: 'geheim4',
    METASTORE_JWT_SIGNING_SECRET: 'geheim5',
    METAFOLD_KAFKA_SSL_KEY_PASSWORD: 'geheim6',
  });
  const text = JSON.stringify(config.shown);
  assert.not.match(text, /geheim/);
  assert.match(text, /redis:\/\/user:\*+@r:6379\/0/);
  assert.is(config.shown.metastore_opensearch_admin_password?.value, '');
  const { message } = await failure({ METAFOLD_REDIS_URL: 'http://user:geheim2@r:6379' });
  assert.not.match(message, /geheim/);
});

test('is frozen', async () => {
  const config = await load({ METAFOLD_KAFKA_BROKERS: 'k:9' }, ['kafka']);
  assert.throws(() => ((config.worker as { fetchRecords: number }).fetchRecords = 1));
  assert.throws(() => ((config.kafka.client as Record<string, string>)['x'] = 'y'));
});

test.run();
