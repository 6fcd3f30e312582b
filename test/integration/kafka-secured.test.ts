// test-mostly-waits
/** Kafka behind TLS, with passwords or certificates, and with an account that has no right but those that the README lists. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { loadConfig } from '../../src/config/index.js';
import { createTopicAdmin, KafkaRequestError } from '../../streams/admin.js';
import { createArena, type Arena } from '../helpers/arena.js';
import { differences, expectedDocuments, historyFile } from '../helpers/history.js';
import { integration } from '../helpers/integration.js';
import type { Environment } from '../helpers/metafold.js';
import { startRedis } from '../helpers/redis-servers.js';
import { ACCOUNT, ADMINISTRATOR, leastRights, startSecuredKafka, type SecuredKafka } from '../helpers/secured-kafka.js';

const test = integration('Kafka behind TLS');
const HISTORY = 'history-plain';

let kafka: SecuredKafka;

test.setup(async () => {
  kafka = await startSecuredKafka();
  test.closing(() => kafka.close());
});

function arena(environment: Environment): Arena {
  const own = createArena(environment);
  test.closing(() => own.close());
  return own;
}

async function assertFolded(own: Arena): Promise<void> {
  assert.equal(differences(await own.documents(), expectedDocuments(HISTORY, own.partition)), []);
}

for (const [title, environment] of [
  ['a certificate', () => kafka.byCertificate],
  ['a password', () => kafka.byPassword('PLAIN', ADMINISTRATOR)],
] as const) {
  test(`a history is published and folded with ${title}`, async () => {
    const own = arena(environment());
    await own.publish(HISTORY);
    await own.fold();
    await assertFolded(own);
  });
}

test('whoever may not create topics uses those that are there', async () => {
  const own = arena(kafka.byPassword('SCRAM-SHA-512'));
  const adminOf = async (environment: Environment) => {
    const { kafka: settings } = await loadConfig({ ...own.environment, ...environment }, { need: ['kafka'] });
    const admin = createTopicAdmin(settings);
    test.closing(() => admin.close());
    return admin;
  };
  const topic = { topic: `azul.${own.prefix}.system.dead-letter`, partitions: 1, replication: 1, config: {} };
  const theirs = await adminOf({});
  const refusal = await theirs.createTopic(topic).catch((error: unknown) => error);
  assert.instance(refusal, KafkaRequestError);
  assert.is(await (await adminOf(kafka.byCertificate)).createTopic(topic), true);
  await kafka.grant(ACCOUNT, [{ type: 'TOPIC', name: topic.topic, pattern: 'LITERAL', operations: ['WRITE'] }]);
  assert.is(await theirs.createTopic(topic), false);
});

test('names the group that it may not join', async () => {
  const own = arena(kafka.byPassword('SCRAM-SHA-512'));
  await kafka.grant(
    ACCOUNT,
    leastRights(own.prefix).filter(({ type }) => type === 'TOPIC'),
  );
  const { stderr } = await own.run(['worker'], {}, 1);
  assert.match(stderr, /MF_KAFKA: group .*: Broker: Group authorization failed/);
});

test('folds, collects, verifies, rebuilds and drops with no right but those of the README', async () => {
  const redis = await startRedis();
  test.closing(() => redis.close());
  const own = arena({ ...kafka.byPassword('SCRAM-SHA-512'), METAFOLD_REDIS_URL: redis.url });
  await own.run(['publish', historyFile(own.folder, HISTORY, own.prefix), '--quiet'], kafka.byPassword('PLAIN', ADMINISTRATOR));
  await kafka.grant(ACCOUNT, leastRights(own.prefix));
  const body = join(own.folder, 'task.json');
  const params = { friendlyName: 'seen', expireIn: 3_153_600_000, keyFields: ['author.name', 'sha256'] };
  writeFileSync(
    body,
    JSON.stringify({ query: 'from azul.status select author.name, sha256', from: 0, destination: { type: 'redis', params } }),
  );
  await own.run(['collections', 'create', '--file', body, '--label', 'LOW']);
  await own.fold({ ...kafka.byPassword('SCRAM-SHA-256'), METAFOLD_REDIS_URL: redis.url });
  await assertFolded(own);
  assert.match((await own.run(['collections', 'verify', 'seen'])).stdout, /[1-9][0-9]* keys, 0 missing, 0 extra, 0 different/);
  await own.run(['verify']);
  await own.run(['rebuild']);
  await assertFolded(own);
  await own.run(['generations', 'drop', '1', '--apply']);
  assert.match((await own.run(['dead-letters', 'list'])).stdout, /no dead letters/);
  await own.run(['collections', 'remove', 'seen']);
});

test('says why it was refused, and by whom', async () => {
  const own = arena(kafka.byPassword('SCRAM-SHA-512'));
  const refused = async (args: readonly string[], environment: Environment, expected: RegExp): Promise<void> => {
    const { stdout, stderr } = await own.run(args, environment, 1);
    assert.match(stdout + stderr, expected, args[0]);
    assert.not.match(stdout + stderr, /geheim/);
  };
  const password = { METAFOLD_KAFKA_SASL_PASSWORD: 'geheim' };
  const authentication = /sasl_ssl:\/\/127\.0\.0\.1:[0-9]+\/bootstrap: SASL authentication error: Authentication failed/;
  await Promise.all([
    refused(['doctor'], password, authentication),
    refused(['worker'], password, authentication),
    refused(['publish', historyFile(own.folder, HISTORY, own.prefix)], password, authentication),
    refused(['doctor'], { METAFOLD_KAFKA_SSL_CA_LOCATION: '' }, /SSL handshake failed: .*broker certificate could not be verified/),
    refused(['doctor'], { METAFOLD_KAFKA_SECURITY_PROTOCOL: 'sasl_plaintext' }, /connection closed by peer/),
    refused(['worker'], {}, /create topic azul\.qa[0-9a-f]+\.system\.dead-letter: .*[Aa]uthorization failed/),
  ]);
});
