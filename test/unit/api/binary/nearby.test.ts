/** The walk around a binary on graphs in memory, to be compared with the peer's description of it (spec 05 §10). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { COUSINS, walkNearby, type CousinLimits, type Round } from '../../../../src/api/binary/nearby.js';
import { sortLinks, type NearbyLink } from '../../../../src/api/binary/nearby-links.js';

const test = suite('nearby');

/** A link from a text like `parent>child`. */
function link(text: string): NearbyLink {
  const [parent, child] = text.split('>') as [string, string];
  const child_node = { sha256: child, author: { category: 'plugin', name: 'p' }, action: 'extracted', timestamp: 't' };
  return { id: text, child, parent, child_node };
}

/** Answers rounds from edges and notes them. */
function graph(edges: readonly string[]) {
  const rounds: Round[] = [];
  const find = (round: Round): Promise<NearbyLink[]> => {
    rounds.push(round);
    const links = edges.map(link);
    const below = [...round.childrenOf].flatMap((id) => links.filter(({ parent }) => parent === id).slice(0, round.perBinary));
    const above = [...round.parentsOf].flatMap((id) => links.filter(({ child }) => child === id).slice(0, round.perBinary));
    return Promise.resolve([...below, ...above]);
  };
  return { rounds, find };
}

async function walk(edges: readonly string[], limits: CousinLimits, focus = 'x') {
  const { rounds, find } = graph(edges);
  const links = await walkNearby(focus, limits, find, () => false);
  return { found: links.map(({ id }) => id).sort(), rounds };
}

/** g>p>x>c>d with a brother b of x and his child n, an uncle u, and another parent q of c. */
const FAMILY = ['g>p', 'p>x', 'x>c', 'c>d', 'p>b', 'b>n', 'g>u', 'q>c', 'q>m'];

test('without cousins: straight up and straight down', async () => {
  const { found, rounds } = await walk(FAMILY, COUSINS.no);
  assert.equal(found, ['c>d', 'g>p', 'p>x', 'x>c']);
  assert.equal([...rounds[1]!.childrenOf], ['c']);
  assert.equal([...rounds[1]!.parentsOf], ['p']);
});

test('with cousins: also the other way at each turn, as many rounds as the mode says', async () => {
  const near = ['c>d', 'g>p', 'p>b', 'p>x', 'q>c', 'x>c'];
  assert.equal((await walk(FAMILY, COUSINS.yes_small)).found, near);
  assert.equal((await walk(FAMILY, COUSINS.yes)).found, [...FAMILY].sort());
  const chain = ['p>x', 'p>a', 'a>b', 'b>c', 'c>d', 'd>e', 'e>f'];
  assert.equal((await walk(chain, COUSINS.yes)).found, ['a>b', 'p>a', 'p>x']);
  assert.equal((await walk(chain, COUSINS.yes_large)).found, ['a>b', 'b>c', 'c>d', 'p>a', 'p>x']);
});

test('follows no more cousins once there are enough', async () => {
  const chain = ['p>x', 'p>a', 'a>b', 'b>c'];
  assert.equal((await walk(chain, { max: 2, distance: 4 })).found, ['a>b', 'p>a', 'p>x']);
  assert.equal((await walk(chain, { max: 3, distance: 4 })).found, [...chain].sort());
});

test('counts no parent or child among the cousins', async () => {
  const graph = ['p>x', 'g>p', 'x>c', 'g>c', 'g>u', 'u>v'];
  assert.equal((await walk(graph, { max: 2, distance: 4 })).found, [...graph].sort());
});

test('goes ten rounds beyond the first', async () => {
  const chain = Array.from({ length: 20 }, (_, n) => (n === 0 ? 'x>1' : `${n}>${n + 1}`));
  const { found, rounds } = await walk(chain, COUSINS.no);
  assert.is(found.length, 11);
  assert.is(rounds.length, 11);
});

test('asks for 30 of each, and for 2 once there are more than 200 links', async () => {
  const wide = Array.from({ length: 40 }, (_, n) => [`x>c${n}`, ...Array.from({ length: 10 }, (__, m) => `c${n}>d${n}.${m}`)]).flat();
  const deep = Array.from({ length: 10 }, (_, m) => Array.from({ length: 5 }, (__, k) => `d0.${m}>e${m}.${k}`)).flat();
  const { found, rounds } = await walk([...wide, ...deep], COUSINS.no);
  assert.equal(
    rounds.map(({ perBinary }) => perBinary),
    [30, 30, 2, 2],
  );
  assert.is(found.length, 30 + 300 + 20);
});

test('goes round in circles once', async () => {
  const circle = ['x>a', 'a>b', 'b>x'];
  const { found, rounds } = await walk(circle, COUSINS.yes_large);
  assert.equal(found, [...circle].sort());
  assert.ok(rounds.length <= 4, String(rounds.length));
});

test('begins no round when it is late, and asks nothing about nothing', async () => {
  const { rounds, find } = graph(FAMILY);
  const links = await walkNearby('x', COUSINS.yes, find, () => true);
  assert.is(rounds.length, 1);
  assert.equal(links.map(({ id }) => id).sort(), ['p>x', 'x>c']);
  const alone = await walk([], COUSINS.yes);
  assert.equal([alone.found, alone.rounds.length], [[], 1]);
});

test('of equal ids the last stands; sorted by child, format, source, parent', () => {
  const named = (id: string, child: string, format: string | undefined, source?: string, parent?: string): NearbyLink => ({
    id,
    child,
    child_node: {
      sha256: child,
      author: { category: 'c', name: 'n' },
      action: 'sourced',
      timestamp: 't',
      ...(format !== undefined && { file_format: format }),
    },
    ...(source !== undefined && { source: { name: source, timestamp: 't' } }),
    ...(parent !== undefined && { parent }),
  });
  const links = [
    named('7', 'b', undefined, undefined, 'p'),
    named('6', 'a', 'pdf', 's2'),
    named('5', 'a', 'pdf', 's1'),
    named('4', 'a', 'pdf', undefined, 'q'),
    named('3', 'a', 'pdf', undefined, 'p'),
    named('2', 'a', '', 's9'),
    named('1', 'a', undefined),
  ];
  assert.is(
    sortLinks(links)
      .map(({ id }) => id)
      .join(''),
    '1234567',
  );
});

test.run();
