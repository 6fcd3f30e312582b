/**
 * The walk from a binary to those around it: up from parents to theirs, down from children to theirs, and, when cousins are wanted,
 * the other way at each turn for a few rounds (spec 04 §6.10, 05 §10). Searches are passed in: each round takes two in one request.
 */
import { sortLinks, type NearbyLink } from './nearby-links.js';

/** How far cousins are followed. */
export interface CousinLimits {
  /** No further ones once so many were followed. */
  readonly max: number;
  /** Rounds. */
  readonly distance: number;
}

export const COUSINS = {
  no: { max: 0, distance: 0 },
  yes_small: { max: 100, distance: 1 },
  yes: { max: 100, distance: 2 },
  yes_large: { max: 250, distance: 4 },
} as const satisfies Record<string, CousinLimits>;

/** What a round asks for: children of some binaries and parents of others, at most so many of each. */
export interface Round {
  readonly childrenOf: ReadonlySet<string>;
  readonly parentsOf: ReadonlySet<string>;
  readonly perBinary: number;
}

const MAX_ROUNDS = 10;
const PER_BINARY = 30;
const PER_BINARY_OF_MANY = 2;
const MANY_LINKS = 200;

/** Binaries by how they are related to the one in the middle. */
interface Relatives {
  readonly parents: ReadonlySet<string>;
  readonly children: ReadonlySet<string>;
  readonly cousins: ReadonlySet<string>;
}

/** All links that are found until there is nothing left to follow, the rounds are used up or `isLate`. */
export async function walkNearby(
  focus: string,
  limits: CousinLimits,
  find: (round: Round) => Promise<readonly NearbyLink[]>,
  isLate: () => boolean,
): Promise<NearbyLink[]> {
  const middle = new Set([focus]);
  const links = new Map<string, NearbyLink>();
  const seen = { parents: new Set(middle), children: new Set(middle), cousins: new Set<string>() };
  let perBinary = PER_BINARY;
  const first = await find({ childrenOf: middle, parentsOf: middle, perBinary });
  for (const link of first) links.set(link.id, link);
  let next = classify(first, { parents: middle, children: middle, cousins: new Set() });
  for (let round = 1; round <= MAX_ROUNDS && !isLate(); round++) {
    const { parents, children, cousins } = next;
    if (links.size > MANY_LINKS) perBinary = PER_BINARY_OF_MANY;
    const around = round <= limits.distance && seen.cousins.size < limits.max;
    const childrenOf = around ? union(children, parents, cousins) : children;
    const parentsOf = around ? union(parents, children, cousins) : parents;
    if (childrenOf.size + parentsOf.size === 0) break;
    const found = await find({ childrenOf, parentsOf, perBinary });
    for (const link of found) links.set(link.id, link);
    add(seen.parents, parents);
    add(seen.children, children);
    add(seen.cousins, cousins);
    const { parents: up, children: down, cousins: aside } = classify(found, next);
    next = {
      parents: without(up, seen.parents),
      children: without(down, seen.children),
      cousins: without(aside, seen.parents, seen.children, seen.cousins),
    };
  }
  return sortLinks(links.values());
}

/** What the links of a round say of binaries that were asked for as parents or as children. */
function classify(links: readonly NearbyLink[], asked: Relatives): Relatives {
  const parents = new Set<string>();
  const children = new Set<string>();
  const cousins = new Set<string>();
  for (const { child, parent } of links) {
    if (parent === undefined) continue;
    if (asked.parents.has(child)) {
      parents.add(parent);
      cousins.add(child);
    } else if (asked.children.has(parent)) {
      children.add(child);
      cousins.add(parent);
    } else {
      cousins.add(parent);
      cousins.add(child);
    }
  }
  return { parents, children, cousins: without(cousins, parents, children) };
}

function union(...sets: readonly ReadonlySet<string>[]): Set<string> {
  return new Set(sets.flatMap((set) => [...set]));
}

function add(set: Set<string>, more: Iterable<string>): void {
  for (const one of more) set.add(one);
}

function without(set: ReadonlySet<string>, ...others: readonly ReadonlySet<string>[]): Set<string> {
  return new Set([...set].filter((one) => !others.some((other) => other.has(one))));
}
