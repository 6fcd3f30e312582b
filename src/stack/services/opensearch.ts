import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasVectorModule } from '../java.js';
import type { Ports } from '../layout.js';
import { probeOpenSearch } from '../probes.js';
import { makeServiceFolder } from '../user.js';
import { serverEnvironment } from './environment.js';
import type { Service, ServiceContext } from './types.js';

/**
 * Settings of the single node. Unassigned replicas count against the limit of shards, and one generation with azul-metastore's
 * defaults has about 200 of them; a full disk must not make indices read-only in the middle of a test.
 */
export function opensearchYaml(ports: Ports, folder: string): string {
  return `cluster.name: metafold-local
node.name: metafold-local-1
network.host: 127.0.0.1
http.port: ${String(ports.opensearch)}
transport.port: ${String(ports.opensearchTransport)}
discovery.type: single-node
path.data: ${JSON.stringify(join(folder, 'data'))}
path.logs: ${JSON.stringify(join(folder, 'logs'))}
cluster.max_shards_per_node: 100000
cluster.routing.allocation.disk.threshold_enabled: false
`;
}

/** The server's own JVM options with its files moved to the stack's folders, and without a module that the Java does not have. */
export function jvmOptions(original: string, folder: string, vectorModule: boolean): string {
  return original
    .split('\n')
    .filter((line) => !line.startsWith('#') && line.trim() !== '')
    .filter((line) => !/-Xm[sx]|HeapDump|logs\/gc\.log|GCLogFile|PrintGC|PrintTenuring/.test(line))
    .filter((line) => vectorModule || !line.includes('jdk.incubator.vector'))
    .map((line) => line.replace('-XX:ErrorFile=logs/', `-XX:ErrorFile=${folder}/logs/`))
    .concat('')
    .join('\n');
}

const logging = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
logger.deprecation.name = org.opensearch.deprecation
logger.deprecation.level = error
logger.metadata.name = org.opensearch.cluster.metadata
logger.metadata.level = warn
`;

function writeConfiguration(context: ServiceContext, config: string): void {
  const { installation, folder, ports } = context;
  const original = readFileSync(join(installation.opensearch, 'config', 'jvm.options'), 'utf8');
  writeFileSync(join(config, 'opensearch.yml'), opensearchYaml(ports, folder));
  writeFileSync(join(config, 'jvm.options'), jvmOptions(original, folder, hasVectorModule(installation.javaHome)));
  writeFileSync(join(config, 'log4j2.properties'), logging);
}

export const opensearchService: Service = {
  name: 'opensearch',
  title: 'OpenSearch',
  needs: [],
  graceMs: 40_000,
  prepare: (context) => {
    const { installation, folder, user, heapMb } = context;
    const [config, temporary] = [join(folder, 'config'), join(folder, 'tmp')];
    // The node writes its keystore into the configuration folder.
    for (const path of [config, temporary, join(folder, 'data'), join(folder, 'logs')]) makeServiceFolder(path, user);
    writeConfiguration(context, config);
    const heap = `-Xms${String(heapMb)}m -Xmx${String(heapMb)}m`;
    return Promise.resolve({
      command: join(installation.opensearch, 'bin', 'opensearch'),
      args: [],
      cwd: folder,
      env: serverEnvironment(folder, {
        OPENSEARCH_JAVA_HOME: installation.javaHome,
        OPENSEARCH_PATH_CONF: config,
        OPENSEARCH_TMPDIR: temporary,
        OPENSEARCH_JAVA_OPTS: heap,
        TMPDIR: temporary,
      }),
    });
  },
  probe: (ports) => probeOpenSearch(ports.opensearch),
};
