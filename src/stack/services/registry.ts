import { join } from 'node:path';
import { probeRegistry } from '../probes.js';
import { serverEnvironment } from './environment.js';
import type { Service } from './types.js';

/** Apicurio Registry with its Confluent-compatible API; it keeps its schemas in a Kafka topic. */
export const registryService: Service = {
  name: 'registry',
  title: 'schema registry',
  needs: ['kafka'],
  graceMs: 10_000,
  prepare: (context) => {
    const { installation, folder, ports } = context;
    const settings = {
      'quarkus.http.host': '127.0.0.1',
      'quarkus.http.port': ports.registry,
      'quarkus.management.host': '127.0.0.1',
      'quarkus.management.port': ports.registryManagement,
      'apicurio.storage.kind': 'kafkasql',
      'apicurio.kafkasql.bootstrap.servers': `127.0.0.1:${String(ports.kafka)}`,
      'java.io.tmpdir': folder,
    };
    const properties = Object.entries(settings).map(([name, value]) => `-D${name}=${String(value)}`);
    return Promise.resolve({
      command: join(installation.javaHome, 'bin', 'java'),
      args: ['-Xmx256m', ...properties, '-jar', join(installation.registry, 'quarkus-run.jar')],
      cwd: folder,
      env: serverEnvironment(folder),
    });
  },
  probe: (ports) => probeRegistry(ports.registry),
};
