/** What a caller is told about its own labels (spec 03 §6). Says nothing about documents: those follow what was granted (§5). */
import { md5 } from '../digest.js';
import { hasAccess } from './check-access.js';
import { SecurityError } from './errors.js';
import { allowsReleasability, sorted, type LabelTable } from './label-table.js';
import { normaliseLabels } from './normalise.js';
import type { SecurityPolicy } from './policy.js';
import { renderLabels } from './render.js';

/** As the API answers it. */
export interface UserSecurity {
  readonly labels: readonly string[];
  readonly labels_inclusive: readonly string[];
  readonly labels_exclusive: readonly string[];
  readonly labels_markings: readonly string[];
  /** MD5 of the labels. Callers who may read different documents can share it. */
  readonly unique: string;
  /** The most that these labels can be put on, as a security string; it lacks the origin when the caller has none. */
  readonly max_access: string;
  readonly max_access_display: string;
  readonly allowed_presets: readonly string[];
}

function common(labels: ReadonlySet<string>, known: ReadonlySet<string>): string[] {
  return sorted(labels).filter((label) => known.has(label));
}

/** Whoever holds any releasability is one of the origin's. */
function withOrigin(table: LabelTable, labels: ReadonlySet<string>): ReadonlySet<string> {
  const implied = table.origin !== '' && common(labels, table.inclusive).length > 0;
  return implied ? new Set([...labels, table.origin]) : labels;
}

function checkMinimumAccess({ settings }: SecurityPolicy, labels: ReadonlySet<string>): void {
  const missing = sorted(new Set(settings.minimum_required_access)).filter((label) => !labels.has(label));
  if (missing.length === 0) return;
  throw new SecurityError('SecurityUserDoesNotHaveMinimumAccess', `minimum access needs the missing labels ${missing.join(', ')}`);
}

/** What is left of the labels without the excluded ones, and without releasabilities where nothing left supports them. */
function leave(table: LabelTable, labels: ReadonlySet<string>, exclude: readonly string[]): ReadonlySet<string> {
  const excluded = new Set(exclude.map((label) => label.toUpperCase()));
  const left = [...labels].filter((label) => !excluded.has(label));
  const releasable = allowsReleasability(table, new Set(left.filter((label) => table.exclusive.has(label))));
  return new Set(releasable ? left : left.filter((label) => !table.inclusive.has(label)));
}

/** The releasabilities that stand in `max_access`: few of many, so that the string stays short. */
function shownReleasabilities(
  table: LabelTable,
  given: ReadonlySet<string>,
  inclusive: readonly string[],
  include: readonly string[],
): readonly string[] {
  const included = include.map((label) => label.toUpperCase());
  const other = given.has(table.origin) ? undefined : inclusive.find((label) => label !== table.origin);
  const own = inclusive.filter((label) => label === table.origin || label === other);
  return common(new Set([...own, ...included]), table.inclusive);
}

function displayed(table: LabelTable, maxAccess: string, releasabilities: readonly string[]): string {
  const aliased = table.originAlias !== table.prefix && releasabilities.length === 1 && releasabilities[0] === table.origin;
  return aliased ? maxAccess.slice(0, -table.origin.length) + table.originAlias : maxAccess;
}

/**
 * Summarises a caller's labels (as granted, not safe) without the `exclude`d ones (`x`, any case); `include` (`i`) adds
 * releasabilities to what is shown. Throws SecurityError `SecurityUserDoesNotHaveMinimumAccess`.
 */
export function accessSummary(
  policy: SecurityPolicy,
  labels: Iterable<string>,
  exclude: readonly string[],
  include: readonly string[],
): UserSecurity {
  const { table } = policy;
  const given = new Set(labels);
  const held = withOrigin(table, given);
  checkMinimumAccess(policy, held);
  const left = leave(table, held, exclude);
  const exclusive = common(left, table.exclusive);
  const inclusive = common(left, table.inclusive);
  const markings = common(left, table.markings);
  // Below releasable classifications the peer fails on an included releasability; here it is left out.
  const supported = allowsReleasability(table, new Set(exclusive));
  const shown = supported ? shownReleasabilities(table, given, inclusive, include) : [];
  const sets = { exclusive: new Set(exclusive), inclusive: new Set(shown), markings: new Set(markings) };
  const maxAccess = renderLabels(table, normaliseLabels(table, sets, false));
  return {
    labels: sorted([...exclusive, ...inclusive, ...markings]),
    labels_inclusive: inclusive,
    labels_exclusive: exclusive,
    labels_markings: markings,
    unique: md5(sorted(left).join('.')),
    max_access: maxAccess,
    max_access_display: displayed(table, maxAccess, shown),
    allowed_presets: policy.settings.presets.filter((preset) => hasAccess(table, left, preset)),
  };
}
