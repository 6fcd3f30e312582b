import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { differingPackages } from '../../../src/setup/lockfile.mjs';

const test = suite('set-up lock file');

const wanted = {
  packages: {
    '': { version: '0.1.0' },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '2.0.0' },
    'node_modules/darwin-only': { version: '3.0.0', optional: true },
  },
};

test('finds nothing when all is there, packages of other platforms aside', () => {
  const installed = { packages: { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0' } } };
  assert.equal(differingPackages(wanted, installed), []);
});

test('finds packages that are missing or of another version', () => {
  assert.equal(differingPackages(wanted, { packages: { 'node_modules/b': { version: '2.0.1' } } }), ['node_modules/a', 'node_modules/b']);
  assert.equal(differingPackages(wanted, {}), ['node_modules/a', 'node_modules/b']);
});

test.run();
