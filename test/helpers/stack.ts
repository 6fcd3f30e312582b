/** The servers that integration tests talk to. */
export interface StackAddresses {
  /** `host:port` of the Kafka broker. */
  readonly brokers: string;
  readonly opensearchUrl: string;
  /** Base of the Confluent-compatible registry API. */
  readonly registryUrl: string;
  readonly redisUrl: string;
  /** Data folder of the stack, for `signalService` and `stackUp`. */
  readonly dataDir: string;
}

function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(
    `${name} is not set: this test needs the local stack. Run it with "npm test -- --only PATTERN", or start a stack with "npx metafold stack up" and run eval "$(npx metafold stack env)" first`,
  );
}

/**
 * Addresses of the stack that the test runner (or the caller's shell) has named. Reading one that is not named throws an error
 * that says what to do.
 */
export function testStack(): StackAddresses {
  return {
    get brokers() {
      return required('METAFOLD_KAFKA_BROKERS');
    },
    get opensearchUrl() {
      return required('METASTORE_OPENSEARCH_URL');
    },
    get registryUrl() {
      return required('METAFOLD_REGISTRY_URL');
    },
    get redisUrl() {
      return required('METAFOLD_REDIS_URL');
    },
    get dataDir() {
      return required('METAFOLD_DATA');
    },
  };
}
