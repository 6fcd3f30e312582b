import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMANDS } from '../../src/cli/commands.js';
import { SETTINGS } from '../../src/config/settings.js';
import { ERRORS } from '../../src/errors.js';
import { projections } from '../../projections/index.js';

const readme = suite('readme');
const text = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const rows = text.split('\n').filter((line) => line.startsWith('| '));

readme('names every command', () => {
  for (const { name } of COMMANDS)
    assert.ok(
      rows.some((row) => row.split('|')[1]!.includes(`\`${name}\``)),
      `no row for the command ${name}`,
    );
});

readme('has a row for every error code, with its meaning and remedy', () => {
  for (const [code, { meaning, remedy }] of Object.entries(ERRORS)) {
    assert.ok(rows.includes(`| \`${code}\` | ${meaning} | ${remedy} |`), `no true row for ${code}`);
  }
  const named = new Set([...text.matchAll(/`(MF_[A-Z_]+)`/g)].map(([, code]) => code));
  assert.equal([...named].sort(), Object.keys(ERRORS).sort());
});

readme('names no setting that does not exist', () => {
  const named = [...text.matchAll(/`((?:METAFOLD|METASTORE|SECURITY|RESTAPI|OIDC|CORS)_[A-Z0-9_]+)`/g)].map(([, name]) =>
    name!.toLowerCase(),
  );
  const known = new Set<string>([...Object.keys(SETTINGS), 'metafold_test_stack']);
  for (const name of named) assert.ok(known.has(name), `${name} is no setting`);
});

readme('has a row with every setting of the API', () => {
  const unused = ['oidc_discovery_url', 'oidc_swagger_redirect_url'];
  const names = Object.keys(SETTINGS).filter((name) => /^(restapi|oidc|cors|metafold_api)_/.test(name) && !unused.includes(name));
  for (const name of [
    ...names,
    'metafold_label_source',
    'metafold_role_map',
    'metafold_privileged_roles',
    'metafold_opensearch_identity',
  ]) {
    assert.ok(
      rows.some((row) => row.split('|')[1]!.includes(`\`${name.toUpperCase()}\``)),
      `no row for the setting ${name.toUpperCase()}`,
    );
  }
});

readme('has a row for every projection', () => {
  for (const { name } of projections)
    assert.ok(
      rows.some((row) => row.startsWith(`| \`${name}\` |`)),
      `no row for the projection ${name}`,
    );
});

readme.run();
