import * as assert from 'uvu/assert';
import { createTopicAdmin } from '../../streams/admin.js';
import type { Check } from '../../src/doctor/check.js';
import { checkNode } from '../../src/doctor/doctor.js';
import { createArena, opensearch, type Arena } from '../helpers/arena.js';
import { integration } from '../helpers/integration.js';
import type { Environment } from '../helpers/metafold.js';
import { testStack } from '../helpers/stack.js';

const test = integration('doctor and templates');

function arena(): Arena {
  const own = createArena();
  test.closing(() => own.close());
  return own;
}

async function doctor(own: Arena, environment: Environment, expected: number): Promise<Map<string, Check>> {
  const { stdout } = await own.run(['doctor', '--json'], environment, expected);
  const { ok, result } = JSON.parse(stdout) as { ok: boolean; result: { checks: Check[] } };
  assert.is(ok, expected === 0);
  return new Map(result.checks.map((check) => [check.name, check]));
}

test('finds nothing wrong with the local stack', async () => {
  const checks = await doctor(arena(), { METAFOLD_REDIS_URL: testStack().redisUrl }, 0);
  for (const { name, status, found } of checks.values())
    assert.ok(status === 'ok' || name.startsWith('kafka topic') || status === 'skipped', `${name}: ${found}`);
  for (const name of ['kafka', 'opensearch', 'opensearch k-NN plugin', 'schema registry', 'redis'])
    assert.is(checks.get(name)?.status, 'ok', name);
  assert.match(checks.get('opensearch')!.found, /^opensearch 3\./);
  assert.match(checks.get('kafka version')!.found, /metadata\.version \d+/);
});

test('fails for each server that does not answer, and says what to do', async () => {
  const nowhere = '127.0.0.1:1';
  const checks = await doctor(
    arena(),
    {
      METAFOLD_KAFKA_BROKERS: nowhere,
      METASTORE_OPENSEARCH_URL: `http://${nowhere}`,
      METAFOLD_REGISTRY_URL: `http://user:geheim@${nowhere}`,
      METAFOLD_REDIS_URL: `redis://:geheim@${nowhere}`,
    },
    1,
  );
  for (const name of ['kafka', 'opensearch', 'schema registry', 'redis']) {
    assert.is(checks.get(name)?.status, 'failed', name);
    assert.match(checks.get(name)!.todo!, /check/);
  }
  assert.not.match(JSON.stringify([...checks.values()]), /geheim/);
});

test('fails when deletes would be forgotten, warns when events would', async () => {
  const own = arena();
  const admin = createTopicAdmin({ brokers: testStack().brokers, client: {} });
  const create = (name: string) =>
    admin.createTopic({
      topic: `azul.${own.prefix}.${name}`,
      partitions: 1,
      replication: 1,
      config: { 'cleanup.policy': 'delete', 'retention.ms': '1000' },
    });
  await create('system.plugin');
  const warned = (await doctor(own, {}, 0)).get('kafka topic policies')!;
  assert.is(warned.status, 'warning');
  assert.match(warned.found, /system\.plugin has retention\.ms=1000, expected 604800000/);
  await create('system.delete');
  admin.close();
  const failed = (await doctor(own, {}, 1)).get('kafka topic policies')!;
  assert.is(failed.status, 'failed');
  assert.match(failed.found, /system\.delete has cleanup\.policy=delete, expected compact/);
});

test('fails for labels that are missing and a template of another version', async () => {
  const own = arena();
  const name = `azul.${own.partition}.plugin`;
  await opensearch('PUT', `/_template/${name}`, { index_patterns: [`azul.o.${own.partition}.plugin`], version: 1 });
  delete own.settings['security_labels'];
  own.saveSettings();
  const checks = await doctor(own, {}, 1);
  assert.is(checks.get('settings: security')?.status, 'failed');
  assert.match(checks.get('opensearch templates')!.found, new RegExp(`${name} has version 1`));
  assert.match(checks.get('opensearch templates')!.todo!, /force-update-templates/);
});

interface Update {
  dry_run: boolean;
  result: { templates: { name: string; outcome: string; added_fields: string[] }[] };
}

test('shows what an update of the templates would do, does it, and then has nothing to do', async () => {
  const own = arena();
  const name = `azul.${own.partition}.plugin`;
  await opensearch('PUT', `/_template/${name}`, {
    index_patterns: [`azul.o.${own.partition}.plugin`],
    version: 1,
    mappings: { properties: { security: { type: 'keyword' } } },
  });
  const update = async (...options: string[]) => {
    const { dry_run, result } = JSON.parse((await own.run(['force-update-templates', '--json', ...options])).stdout) as Update;
    const outcomes = Object.fromEntries(result.templates.map((template) => [template.name.split('.')[2]!, template.outcome]));
    return { dry_run, outcomes, added: result.templates.find((template) => template.name === name)!.added_fields };
  };
  const planned = await update('--dry-run');
  const created = { binary2: 'created', status: 'created', plugin: 'updated', annotation: 'created', cache: 'created' };
  assert.is(planned.dry_run, true);
  assert.equal(planned.outcomes, created);
  assert.ok(planned.added.includes('entity.features.name') && !planned.added.includes('security'), planned.added.join());
  assert.equal(await update(), { ...planned, dry_run: false });
  const again = await update();
  assert.equal(new Set(Object.values(again.outcomes)), new Set(['unchanged']));
  assert.equal(again.added, []);
});

test('knows which releases of Node it runs on', () => {
  const statusOf = (version: string) => checkNode(version).status;
  assert.equal(['v18.20.0', 'v20.11.9', 'v20.12.0', 'v22.0.0'].map(statusOf), ['failed', 'failed', 'ok', 'ok']);
});
