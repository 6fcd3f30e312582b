/** A Kafka of a test's own behind TLS: accounts with passwords or certificates, and no right that nobody has granted. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { defaultCacheFolder } from '../../src/stack/index.js';
import { installStack } from '../../src/stack/install.js';
import { makeCertificates } from './certificates.js';
import { freePort } from './free-port.js';
import type { Environment } from './metafold.js';
import { pythonWith } from './python-with.js';
import { waitFor } from './wait-for.js';

export interface SecuredKafka {
  /** Settings by which an account reaches it: by a certificate, or by the password through the named mechanism. */
  readonly byCertificate: Environment;
  readonly byPassword: (mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512', account?: string) => Environment;
  grant(account: string, rights: readonly Right[]): Promise<void>;
  close(): Promise<void>;
}

/** In Kafka's names. */
export interface Right {
  readonly type: 'TOPIC' | 'GROUP';
  readonly name: string;
  readonly pattern: 'LITERAL' | 'PREFIXED';
  readonly operations: readonly ('READ' | 'WRITE' | 'CREATE' | 'DELETE')[];
}

/** Rights that metafold needs, as the README lists them; without publishing. */
export function leastRights(topicPrefix: string): Right[] {
  const own = (name: string, operations: Right['operations']): Right => ({
    ...{ type: 'TOPIC', pattern: 'LITERAL', operations },
    name: `azul.${topicPrefix}.system.${name}`,
  });
  return [
    { type: 'TOPIC', name: `azul.${topicPrefix}.`, pattern: 'PREFIXED', operations: ['READ'] },
    ...['dead-letter', 'projection-control', 'collection-task'].map((name) => own(name, ['CREATE', 'WRITE'])),
    own('collection-lock', ['CREATE']),
    { type: 'GROUP', name: 'metafold', pattern: 'PREFIXED', operations: ['READ', 'DELETE'] },
    { type: 'GROUP', name: `azul-${topicPrefix}-collection`, pattern: 'PREFIXED', operations: ['READ'] },
  ];
}

/** May do everything. */
export const ADMINISTRATOR = 'admin';
/** Has the rights that it is granted. */
export const ACCOUNT = 'metafold';
const PASSWORD = 'pa$$ ;word';
const CERTIFICATE_NAME = 'CN=test';
const START_MS = 60_000;
const run = promisify(execFile);

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

function properties(folder: string, [passwords, certificates, controller]: readonly [number, number, number]): string {
  const accounts = [ADMINISTRATOR, ACCOUNT].map((name) => `user_${name}=${quoted(PASSWORD)}`).join(' ');
  const login = 'org.apache.kafka.common.security';
  // A properties file reads backslashes itself.
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=SASL_SSL://127.0.0.1:${passwords},SSL://127.0.0.1:${certificates},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=SASL_SSL://127.0.0.1:${passwords},SSL://127.0.0.1:${certificates}
controller.listener.names=CONTROLLER
inter.broker.listener.name=SSL
listener.security.protocol.map=SASL_SSL:SASL_SSL,SSL:SSL,CONTROLLER:PLAINTEXT
ssl.keystore.type=PEM
ssl.keystore.location=${join(folder, 'broker.pem')}
ssl.truststore.type=PEM
ssl.truststore.location=${join(folder, 'test-ca.crt')}
listener.name.ssl.ssl.client.auth=required
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl_ssl.plain.sasl.jaas.config=${`${login}.plain.PlainLoginModule required ${accounts};`.replaceAll('\\', '\\\\')}
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=${login}.scram.ScramLoginModule required;
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=${login}.scram.ScramLoginModule required;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:${ADMINISTRATOR};User:${CERTIFICATE_NAME};User:ANONYMOUS
log.dirs=${join(folder, 'data')}
message.max.bytes=4194304
replica.fetch.max.bytes=4194304
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
`;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port }, () => resolve(true));
    socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
  });
}

export async function startSecuredKafka(): Promise<SecuredKafka> {
  const { javaHome, kafka } = await installStack(defaultCacheFolder(), ['kafka'], () => undefined);
  const folder = mkdtempSync(join(tmpdir(), 'metafold-kafka-'));
  const ports = [await freePort(), await freePort(), await freePort()] as const;
  const own = makeCertificates(folder);
  const config = join(folder, 'server.properties');
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'broker.pem'), `${readFileSync(own.key, 'utf8')}${readFileSync(own.certificate, 'utf8')}`);
  writeFileSync(config, properties(folder, ports));
  const java = join(javaHome, 'bin', 'java');
  const classes = ['-cp', `${kafka}/lib/*`];
  const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${ACCOUNT},password=${quoted(PASSWORD)}]`,
  ]);
  await run(java, [...classes, 'kafka.tools.StorageTool', 'format', '-t', 'AAAAAAAAAAAAAAAAAAAAAA', '-c', config, ...scram]);
  const child = spawn(java, ['-Xms128m', '-Xmx384m', ...classes, 'kafka.Kafka', config], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const close = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const [passwords, certificates] = ports.map((port) => `127.0.0.1:${port}`) as [string, string];
  const byCertificate = {
    METAFOLD_KAFKA_BROKERS: certificates,
    METAFOLD_KAFKA_SECURITY_PROTOCOL: 'ssl',
    METAFOLD_KAFKA_SSL_CA_LOCATION: own.ca,
    METAFOLD_KAFKA_SSL_CERTIFICATE_LOCATION: own.certificate,
    METAFOLD_KAFKA_SSL_KEY_LOCATION: own.key,
  };
  try {
    await waitFor(async () => ((await answers(ports[0])) && (await answers(ports[1]))) || undefined, {
      what: 'Kafka behind TLS',
      timeoutMs: START_MS,
    });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    byCertificate,
    byPassword: (mechanism, account = ACCOUNT) => ({
      METAFOLD_KAFKA_BROKERS: passwords,
      METAFOLD_KAFKA_SECURITY_PROTOCOL: 'sasl_ssl',
      METAFOLD_KAFKA_SSL_CA_LOCATION: own.ca,
      METAFOLD_KAFKA_SASL_MECHANISM: mechanism,
      METAFOLD_KAFKA_SASL_USERNAME: account,
      METAFOLD_KAFKA_SASL_PASSWORD: PASSWORD,
    }),
    async grant(account, rights) {
      const python = await pythonWith('kafka-acls', fileURLToPath(new URL('kafka_acls_requirements.txt', import.meta.url)));
      const client = {
        'bootstrap.servers': certificates,
        'security.protocol': 'ssl',
        'ssl.ca.location': own.ca,
        'ssl.certificate.location': own.certificate,
        'ssl.key.location': own.key,
      };
      const granting = run(python, [fileURLToPath(new URL('kafka_acls.py', import.meta.url))]);
      granting.child.stdin!.end(JSON.stringify({ client, account, rights }));
      await granting;
    },
    close,
  };
}
