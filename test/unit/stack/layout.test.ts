import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseServices, portsFor, portsOfService, serviceNames } from '../../../src/stack/layout.js';

const test = suite('stack layout');

test('gives every service ports of its own above the base', () => {
  const ports = portsFor(29_000);
  assert.equal(ports, {
    kafka: 29092,
    kafkaController: 29093,
    opensearch: 29200,
    opensearchTransport: 29300,
    registry: 29081,
    registryManagement: 29082,
    redis: 29379,
  });
  const all = serviceNames.flatMap((name) => portsOfService(name, ports));
  assert.is(new Set(all).size, Object.keys(ports).length);
});

test('names the port that clients use first', () => {
  const ports = portsFor(31_000);
  assert.is(portsOfService('kafka', ports)[0], 31_092);
  assert.is(portsOfService('opensearch', ports)[0], 31_200);
});

test('refuses a base that leaves no room for the ports', () => {
  for (const base of [0, 80, 1023, 65_500, 29_000.5, Number.NaN]) assert.throws(() => portsFor(base), /port base .* is not a whole number/);
  assert.ok(portsFor(1024));
  assert.is(portsFor(65_156).redis, 65_535);
});

test('puts the named services into start order', () => {
  assert.equal(parseServices('redis, kafka'), ['kafka', 'redis']);
});

test('quotes a service that does not exist', () => {
  assert.throws(() => parseServices('kafka,mongo'), /services "kafka,mongo": expected a list of kafka, opensearch, registry, redis/);
  assert.throws(() => parseServices(' , '), /expected a list/);
});

test.run();
