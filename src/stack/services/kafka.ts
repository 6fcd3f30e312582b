import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StackError } from '../errors.js';
import type { Ports } from '../layout.js';
import { probeKafka } from '../probes.js';
import { makeServiceFolder } from '../user.js';
import { serverEnvironment } from './environment.js';
import type { Service, ServiceContext } from './types.js';

/**
 * Settings of the single broker, which is its own controller. The platform's records reach 3 MiB and dead letters carry headers
 * besides. Topics keep everything unless they say otherwise: a local log is small, and its records may bear old timestamps.
 */
export function kafkaProperties(ports: Ports, dataFolder: string): string {
  const broker = `127.0.0.1:${String(ports.kafka)}`;
  const controller = `127.0.0.1:${String(ports.kafkaController)}`;
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@${controller}
listeners=PLAINTEXT://${broker},CONTROLLER://${controller}
advertised.listeners=PLAINTEXT://${broker}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=${dataFolder}
num.partitions=1
log.retention.ms=-1
message.max.bytes=4194304
replica.fetch.max.bytes=4194304
auto.create.topics.enable=false
offsets.topic.num.partitions=8
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
`;
}

const logging = `status=error
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level=warn
rootLogger.appenderRef.console.ref=console
logger.server.name=kafka.server
logger.server.level=info
`;

async function formatStorage(context: ServiceContext, config: string, data: string): Promise<void> {
  if (existsSync(join(data, 'meta.properties'))) return;
  // "A" in front: an id that begins with a dash would be taken for an option.
  const clusterId = `A${randomBytes(16).toString('base64url').slice(1)}`;
  const { javaHome, kafka } = context.installation;
  const args = ['-cp', `${kafka}/lib/*`, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', config];
  const identity = context.user === undefined ? {} : { uid: context.user.uid, gid: context.user.gid };
  try {
    await promisify(execFile)(join(javaHome, 'bin', 'java'), args, { env: serverEnvironment(context.folder), ...identity });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new StackError('start_failed', `Kafka could not format its storage in ${data}`, { cause: error, output: `${stdout}${stderr}` });
  }
}

export const kafkaService: Service = {
  name: 'kafka',
  title: 'Kafka',
  needs: [],
  graceMs: 20_000,
  prepare: async (context) => {
    const data = join(context.folder, 'data');
    makeServiceFolder(data, context.user);
    const config = join(context.folder, 'server.properties');
    const loggingConfig = join(context.folder, 'log4j2.properties');
    writeFileSync(config, kafkaProperties(context.ports, data));
    writeFileSync(loggingConfig, logging);
    await formatStorage(context, config, data);
    const { javaHome, kafka } = context.installation;
    return {
      command: join(javaHome, 'bin', 'java'),
      args: ['-Xms256m', '-Xmx512m', `-Dlog4j2.configurationFile=${loggingConfig}`, '-cp', `${kafka}/lib/*`, 'kafka.Kafka', config],
      cwd: context.folder,
      env: serverEnvironment(context.folder),
    };
  },
  probe: (ports) => probeKafka(ports.kafka),
};
