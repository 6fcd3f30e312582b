import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { opensearchModules, opensearchServer, registryApp } from '../../../src/stack/artifacts.js';
import { moduleDescriptor } from '../../../src/stack/install.js';
import { javaMajorVersion } from '../../../src/stack/java.js';
import { archivesPom, librariesPom } from '../../../src/stack/maven.js';
import { brokerCount, metadataRequest } from '../../../src/stack/probes.js';
import { jvmOptions } from '../../../src/stack/services/opensearch.js';
import { userInPasswd } from '../../../src/stack/user.js';

const test = suite('stack tools');

test('reads the Java version of every way to write it', () => {
  const texts: [string, number | undefined][] = [
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['java version "1.8.0_402"', 8],
    ['openjdk version "25" 2025-09-16', 25],
    ['openjdk version "22-ea" 2024-03-19', 22],
    ['IMPLEMENTOR="Eclipse Adoptium"\nJAVA_RUNTIME_VERSION="25.0.1+8-LTS"\nJAVA_VERSION="25.0.1"\n', 25],
    ['Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "21.0.2" 2024-01-16', 21],
    ['sh: java: not found', undefined],
  ];
  for (const [text, version] of texts) assert.is(javaMajorVersion(text), version, text);
});

test('keeps the server options but for heap, files of the installation and what the Java lacks', () => {
  const original =
    '# note\n-Xms1g\n-Xmx1g\n11-:-XX:+UseG1GC\n-XX:HeapDumpPath=data\n-XX:ErrorFile=logs/hs_err_pid%p.log\n20-:--add-modules=jdk.incubator.vector\n';
  assert.is(
    jvmOptions(original, '/d', true),
    '11-:-XX:+UseG1GC\n-XX:ErrorFile=/d/logs/hs_err_pid%p.log\n20-:--add-modules=jdk.incubator.vector\n',
  );
  assert.is(jvmOptions(original, '/d', false), '11-:-XX:+UseG1GC\n-XX:ErrorFile=/d/logs/hs_err_pid%p.log\n');
});

test('describes a module so that OpenSearch accepts it', () => {
  const analysis = opensearchModules.find(({ name }) => name === 'analysis-common')!;
  const lines = moduleDescriptor(analysis).split('\n');
  assert.ok(lines.includes('classname=org.opensearch.analysis.common.CommonAnalysisModulePlugin'));
  assert.ok(lines.includes('extended.plugins=lang-painless'));
  assert.ok(lines.includes('opensearch.version=3.4.0'));
});

test('asks Maven for the pinned artifacts', () => {
  const pom = archivesPom([
    { name: 'a', folder: '/a', archive: opensearchServer },
    { name: 'b', folder: '/b', archive: registryApp },
    { name: 'c', folder: '/c', libraries: [registryApp] },
  ]);
  assert.match(pom, '<artifactId>opensearch</artifactId><version>3.4.0</version><type>zip</type><outputDirectory>/a</outputDirectory>');
  assert.match(pom, '<version>3.3.2</version><type>tar.gz</type><classifier>all</classifier><outputDirectory>/b</outputDirectory>');
  assert.not.match(pom, '<outputDirectory>/c');
  const library = opensearchModules[0]!.artifact;
  assert.match(
    librariesPom({ name: 'd', folder: '/d', libraries: [library] }),
    '<artifactId>parent-join-client</artifactId><version>3.4.0</version>',
  );
});

test('finds a user in the passwd file by its whole name', () => {
  const passwd = 'root:x:0:0:root:/root:/bin/bash\nnobody2:x:7:8::/:\nnobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin\n';
  assert.equal(userInPasswd(passwd, 'nobody'), { uid: 65534, gid: 65533 });
  assert.is(userInPasswd(passwd, 'opensearch'), undefined);
});

test('asks Kafka for its brokers in its own protocol', () => {
  const request = metadataRequest();
  assert.is(request.readInt32BE(0), request.length - 4);
  assert.equal([request.readInt16BE(4), request.readInt16BE(6)], [3, 1]);
  assert.is(brokerCount(Buffer.from([0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 2])), 2);
});

test.run();
