import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSchema, schemaText } from '../../../streams/avro-schema.js';
import { createRegistry, RegistryError, type RegistryOptions, type SchemaRegistry } from '../../../streams/registry.js';

const test = suite('registry');

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Fake {
  readonly url: string;
  readonly requests: IncomingMessage[];
  close(): Promise<void>;
}

/** A server in this process that speaks just enough of the registry's API. */
async function fakeRegistry(answer: (request: IncomingMessage) => Answer | undefined): Promise<Fake> {
  const requests: IncomingMessage[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(request);
    const found = answer(request);
    if (found === undefined) return; // never answers
    response.writeHead(found.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/apis/ccompat/v7`,
    requests,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function withRegistry(
  answer: (request: IncomingMessage) => Answer | undefined,
  run: (registry: SchemaRegistry, fake: Fake) => Promise<void>,
  options: Partial<RegistryOptions> = {},
): Promise<void> {
  const fake = await fakeRegistry(answer);
  try {
    await run(createRegistry({ url: fake.url, ...options }), fake);
  } finally {
    await fake.close();
  }
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** avsc keeps none of them but the one that matters. */
function withoutLogicalTypes(schema: string): unknown {
  const strip = (key: string, value: unknown): unknown => (key === 'logicalType' ? undefined : value);
  return parseSchema(JSON.stringify(JSON.parse(schema, strip)));
}

const deleteSchema = (): Answer => ({ status: 200, body: { schema: schemaText('delete', 6) } });
const unknown = (): Answer => ({ status: 404, body: { error_code: 40403, message: 'Schema not found' } });

test('fetches a schema once for all who wait and keeps it', async () => {
  await withRegistry(deleteSchema, async (registry, { requests }) => {
    assert.is(registry.cached(7), undefined);
    const [a, b] = await Promise.all([registry.fetch(7), registry.fetch(7)]);
    await registry.fetch(7);
    assert.is(requests.length, 1);
    assert.is(requests[0]!.url, '/apis/ccompat/v7/schemas/ids/7');
    assert.is(a, b);
    const cached = registry.cached(7);
    assert.is(cached?.kind, 'schema');
    if (cached?.kind === 'schema') assert.equal(withoutLogicalTypes(cached.schema), withoutLogicalTypes(schemaText('delete', 6)));
  });
});

test('keeps the logical type that changes how a time is read', async () => {
  const schema = { type: 'record', name: 'X', fields: [{ name: 'timestamp', type: { type: 'long', logicalType: 'timestamp-millis' } }] };
  await withRegistry(
    () => ({ status: 200, body: { schema: JSON.stringify(schema) } }),
    async (registry) => {
      const found = await registry.fetch(1);
      assert.match(found.kind === 'schema' ? found.schema : found.reason, /timestamp-millis/);
    },
  );
});

test('believes for a while only that an id is unknown', async () => {
  let known = false;
  const answer = (): Answer => (known ? deleteSchema() : unknown());
  await withRegistry(
    answer,
    async (registry) => {
      assert.equal(await registry.fetch(8), { kind: 'unknown', reason: 'schema 8 is unknown to the registry' });
      assert.is(registry.cached(8)?.kind, 'unknown');
      known = true;
      await new Promise((resolve) => setTimeout(resolve, 60));
      assert.is(registry.cached(8), undefined);
      assert.is((await registry.fetch(8)).kind, 'schema');
    },
    { negativeCacheMs: 50 },
  );
});

test('says that a schema is of no use when it is not Avro', async () => {
  await withRegistry(
    () => ({ status: 200, body: { schema: '{"type":"recrod"}' } }),
    async (registry) => {
      const found = await registry.fetch(1);
      assert.match(found.kind === 'unknown' ? found.reason : found.kind, /^schema 1 is not usable: /);
    },
  );
});

for (const [what, status] of [
  ['a server error', 503],
  ['a refusal of the account', 401],
] as const) {
  test(`rejects, retriably, on ${what}`, async () => {
    await withRegistry(
      () => ({ status, body: { message: 'no' } }),
      async (registry) => {
        const error = await failure(registry.fetch(1));
        assert.instance(error, RegistryError);
        assert.is((error as RegistryError).retriable, true);
        assert.is(registry.cached(1), undefined);
      },
    );
  });
}

test('rejects, retriably, when nobody listens', async () => {
  const fake = await fakeRegistry(unknown);
  await fake.close();
  const error = await failure(createRegistry({ url: fake.url }).fetch(1));
  assert.instance(error, RegistryError);
});

test('rejects, retriably, when there is no answer in time, and asks again', async () => {
  let silent = true;
  await withRegistry(
    () => (silent ? undefined : deleteSchema()),
    async (registry) => {
      assert.match(String(await failure(registry.fetch(1))), /schema 1 could not be fetched: .*Timeout \(100ms\)/);
      silent = false;
      assert.is((await registry.fetch(1)).kind, 'schema');
    },
    { requestTimeoutMs: 100 },
  );
});

test('sends user and password of the address as basic authentication', async () => {
  const fake = await fakeRegistry(deleteSchema);
  try {
    await createRegistry({ url: fake.url.replace('//', '//us%40er:p%3Aw@') }).fetch(1);
    assert.is(fake.requests[0]!.headers.authorization, `Basic ${Buffer.from('us@er:p:w').toString('base64')}`);
    assert.is(fake.requests[0]!.url, '/apis/ccompat/v7/schemas/ids/1');
  } finally {
    await fake.close();
  }
});

test('registers a schema under the subject of its topic, once', async () => {
  const answer = ({ method, url }: IncomingMessage): Answer => {
    if (method === 'GET') return { status: 404, body: { message: 'no such subject' } };
    return { status: 200, body: url?.endsWith('/versions') === true ? { id: 42 } : { compatibility: 'NONE' } };
  };
  await withRegistry(answer, async (registry, { requests }) => {
    const ids = await Promise.all([
      registry.register('azul.x.system.delete', 'delete', 6),
      registry.register('azul.x.system.delete', 'delete', 6),
    ]);
    assert.equal(ids, [42, 42]);
    const posts = requests.filter(({ method }) => method === 'POST').map(({ url }) => url);
    assert.equal(posts, ['/apis/ccompat/v7/subjects/azul.x.system.delete-value/versions']);
  });
});

test('registers with the compatibility that the subject has', async () => {
  const answer = ({ method }: IncomingMessage): Answer =>
    method === 'GET' ? { status: 200, body: { compatibilityLevel: 'FULL_TRANSITIVE' } } : { status: 200, body: { id: 43 } };
  await withRegistry(answer, async (registry) => {
    assert.is(await registry.register('t', 'plugin', 6), 43);
  });
});

test('tries again to register after a failure', async () => {
  let down = true;
  const answer = ({ method }: IncomingMessage): Answer => {
    if (down) return { status: 500, body: { message: 'down' } };
    return method === 'GET' ? { status: 404, body: {} } : { status: 200, body: { id: 44 } };
  };
  await withRegistry(answer, async (registry) => {
    assert.instance(await failure(registry.register('t', 'plugin', 6)), RegistryError);
    down = false;
    assert.is(await registry.register('t', 'plugin', 6), 44);
  });
});

test.run();
