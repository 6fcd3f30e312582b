/** The configured labels with everything that parsing, rendering and encoding look up in them, and start-up checks 2 to 6 (spec 03 §1). */
import { compareCodePoints, countCodePoints } from '../code-points.js';
import { WHITESPACE_CLASS } from '../whitespace.js';
import { SecurityError, type SecurityErrorCode } from './errors.js';
import type { CaveatOption, SecuritySettings } from './settings.js';

/** Labels of one security string, by what they ask of a reader: all of `exclusive`, any of `inclusive`; `markings` only describe. */
export interface LabelSets {
  readonly exclusive: ReadonlySet<string>;
  readonly inclusive: ReadonlySet<string>;
  readonly markings: ReadonlySet<string>;
}

export interface LabelTable {
  /** Each group in list order, least restrictive first. */
  readonly classifications: readonly string[];
  readonly caveats: readonly string[];
  readonly releasabilities: readonly string[];
  readonly tlps: readonly string[];
  /** The longest name first: `TOP HIGH` has to be found before `HIGH`. */
  readonly classificationsByLength: readonly string[];
  readonly exclusive: ReadonlySet<string>;
  readonly inclusive: ReadonlySet<string>;
  readonly markings: ReadonlySet<string>;
  readonly priorities: ReadonlyMap<string, number>;
  readonly caveatOptions: ReadonlyMap<string, CaveatOption>;
  /** Classifications that may carry releasabilities. */
  readonly releasable: ReadonlySet<string>;
  readonly prefix: string;
  /** Finds the prefix, wherever in a word, with all that follows up to whitespace; global. */
  readonly releasabilityRun: RegExp;
  /** The label that every releasability string must hold, "" when none is configured. */
  readonly origin: string;
  /** The full alias of the origin: prefix and alternative name. */
  readonly originAlias: string;
  /** TLP labels that limit reading, as labels and in safe form. */
  readonly enforced: ReadonlySet<string>;
  readonly enforcedSafe: ReadonlySet<string>;
  readonly toSafe: ReadonlyMap<string, string>;
  readonly toLabel: ReadonlyMap<string, string>;
}

/** The form of a label that is usable as the name of an OpenSearch role (spec 03 §3). */
export function safeLabel(label: string): string {
  return 's-' + label.toLowerCase().replace(/[^a-zA-Z0-9_-]/gu, '-');
}

/** Strings in code-point order, for messages and stored lists. */
export function sorted(strings: Iterable<string>): string[] {
  return [...strings].sort(compareCodePoints);
}

function refuseAny(code: SecurityErrorCode, offenders: Iterable<string>, problem: string): void {
  const names = sorted(new Set(offenders)).map((name) => JSON.stringify(name));
  if (names.length > 0) throw new SecurityError(code, `${problem}: ${names.join(', ')}`);
}

function repeated(strings: readonly string[]): string[] {
  const seen = new Set<string>();
  return strings.filter((string) => seen.size === seen.add(string).size);
}

function checkNames(names: readonly string[], releasabilities: readonly string[], prefix: string): void {
  const padded = names.filter((name) => name.startsWith(' ') || name.endsWith(' '));
  refuseAny('SecurityConfigLabelsWithExtraSpaces', padded, 'labels start or end with a space');
  const unprefixed = releasabilities.filter((name) => !name.startsWith(prefix));
  refuseAny('SecurityConfigReleasabilitiesMissingRequiredPrefix', unprefixed, `releasabilities lack the prefix ${JSON.stringify(prefix)}`);
  refuseAny('SecurityConfigLabelDefinedTwice', repeated(names), 'labels are defined twice');
  const spaced = releasabilities.filter((name) => name.includes(' '));
  refuseAny('SecurityConfigGroupLabelMustNotHaveSpaces', spaced, 'releasabilities contain a space');
  const clashing = new Set(repeated(names.map(safeLabel)));
  const clashes = names.filter((name) => clashing.has(safeLabel(name)));
  refuseAny('SecurityConfigMultipleValuesMappedToSameValue', clashes, 'labels share one safe form');
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function optionNames(options: readonly { readonly name: string }[]): string[] {
  return options.map((option) => option.name);
}

/** Builds the table; throws SecurityError for what checks 2 to 6 find first. */
export function createLabelTable(settings: SecuritySettings): LabelTable {
  const { classification, caveat, releasability, tlp } = settings.labels;
  const classifications = optionNames(classification.options);
  const caveats = optionNames(caveat.options);
  const releasabilities = optionNames(releasability.options);
  const tlps = optionNames(tlp.options);
  const names = [...classifications, ...caveats, ...releasabilities, ...tlps];
  checkNames(names, releasabilities, releasability.prefix);
  const releasable = classification.options.filter((option) => option.priority >= settings.allow_releasability_priority_gte);
  const enforced = optionNames(tlp.options.filter((option) => option.enforce_security));
  return {
    classifications,
    caveats,
    releasabilities,
    tlps,
    classificationsByLength: [...classifications].sort((a, b) => countCodePoints(b) - countCodePoints(a)),
    exclusive: new Set([...classifications, ...caveats]),
    inclusive: new Set(releasabilities),
    markings: new Set(tlps),
    priorities: new Map(classification.options.map((option) => [option.name, option.priority])),
    caveatOptions: new Map(caveat.options.map((option) => [option.name, option])),
    releasable: new Set(optionNames(releasable)),
    prefix: releasability.prefix,
    releasabilityRun: new RegExp(`${escapeRegExp(releasability.prefix)}[^${WHITESPACE_CLASS}]*`, 'g'),
    origin: releasability.origin,
    originAlias: releasability.prefix + releasability.origin_alt_name,
    enforced: new Set(enforced),
    enforcedSafe: new Set(enforced.map(safeLabel)),
    toSafe: new Map(names.map((name) => [name, safeLabel(name)])),
    toLabel: new Map(names.map((name) => [safeLabel(name), name])),
  };
}

/** Whether these exclusive labels allow releasabilities, and forbid TLPs (spec 03 §2.2). */
export function allowsReleasability(table: LabelTable, exclusive: ReadonlySet<string>): boolean {
  if (exclusive.size === 0) return true;
  for (const label of exclusive) if (table.releasable.has(label)) return true;
  return false;
}

/** Remarks on a configuration that is accepted but looks mistaken, for the log. */
export function labelWarnings(settings: SecuritySettings): string[] {
  const { options } = settings.labels.classification;
  return options.slice(1).flatMap((option, index) => {
    const before = options[index]!;
    if (option.priority >= before.priority) return [];
    return `classification ${option.name} (priority ${option.priority}) stands after ${before.name} (priority ${before.priority}); the list order decides which is more restrictive`;
  });
}
