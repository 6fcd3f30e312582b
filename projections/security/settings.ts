/** The label configuration as it is written in the environment or a file, and the first of its start-up checks (spec 03 §1). */
import { stripWhitespace } from '../whitespace.js';
import { SecurityError } from './errors.js';

export interface ClassificationOption {
  readonly name: string;
  readonly priority: number;
}

export interface CaveatOption {
  readonly name: string;
  readonly min_priority: number;
  readonly max_priority: number;
}

export interface ReleasabilityOption {
  readonly name: string;
}

export interface TlpOption {
  readonly name: string;
  readonly enforce_security: boolean;
}

/** A titled list of labels, least restrictive first. */
export interface LabelGroup<Option> {
  readonly title: string;
  readonly options: readonly Option[];
}

export interface ReleasabilityGroup extends LabelGroup<ReleasabilityOption> {
  /** A full label, "" when there is none. */
  readonly origin: string;
  /** Another name for the origin, without prefix; "" when there is none. */
  readonly origin_alt_name: string;
  readonly prefix: string;
}

export interface SecurityLabels {
  readonly classification: LabelGroup<ClassificationOption>;
  readonly caveat: LabelGroup<CaveatOption>;
  readonly releasability: ReleasabilityGroup;
  readonly tlp: LabelGroup<TlpOption>;
}

/** The settings object; the API answers it with these field names. */
export interface SecuritySettings {
  readonly labels: SecurityLabels;
  readonly admin_roles: readonly string[];
  readonly default: string;
  readonly presets: readonly string[];
  readonly allow_releasability_priority_gte: number;
  readonly minimum_required_access: readonly string[];
}

/** The values of the `security_*` settings: JSON text or what it parses to; `undefined` where not set. */
export interface RawSecuritySettings {
  readonly labels: unknown;
  readonly default: unknown;
  readonly presets: unknown;
  readonly minimum_required_access: unknown;
  readonly allow_releasability_priority_gte: unknown;
  readonly admin_roles: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

const HIGHEST_PRIORITY = 1_000_000;
const TRUE_TEXTS = new Set(['1', 'true', 't', 'yes', 'y', 'on']);
const FALSE_TEXTS = new Set(['0', 'false', 'f', 'no', 'n', 'off']);

function quote(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

function invalid(field: string, value: unknown, expected: string): SecurityError {
  return new SecurityError('SecuritySettingsInvalid', `${field}: ${quote(value)} is not valid, expected ${expected}`);
}

function readObject(field: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(field, value, 'an object');
  return value as Fields;
}

function readList(field: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(field, value, 'a list');
  return value as unknown[];
}

function readString(field: string, value: unknown, fallback?: string): string {
  if (value === undefined && fallback !== undefined) return fallback;
  if (typeof value !== 'string') throw invalid(field, value, 'a string');
  return value;
}

function readStrings(field: string, value: unknown): string[] {
  return readList(field, value).map((item, index) => readString(`${field}[${index}]`, item));
}

function readInteger(field: string, value: unknown): number {
  const number = typeof value === 'string' && /^[+-]?\d+(\.0*)?$/.test(stripWhitespace(value)) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw invalid(field, value, 'a whole number');
  return number;
}

function readPriority(field: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  const number = readInteger(field, value);
  if (number < 0 || number > HIGHEST_PRIORITY) throw invalid(field, value, `a number from 0 to ${HIGHEST_PRIORITY}`);
  return number;
}

function readBoolean(field: string, value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value.toLowerCase() : typeof value === 'number' ? String(value) : '';
  if (TRUE_TEXTS.has(text)) return true;
  if (FALSE_TEXTS.has(text)) return false;
  throw invalid(field, value, 'true or false');
}

/** Structured settings come as JSON text from the environment, parsed already from a file. */
function fromJson(field: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    throw invalid(field, value, 'JSON text');
  }
}

function readGroup<Option>(field: string, group: Fields, readOption: (field: string, option: Fields) => Option): LabelGroup<Option> {
  const options = group['options'] === undefined ? [] : readList(`${field}.options`, group['options']);
  return {
    title: readString(`${field}.title`, group['title'], ''),
    options: options.map((option, index) => {
      const path = `${field}.options[${index}]`;
      return readOption(path, readObject(path, option));
    }),
  };
}

function readName(field: string, option: Fields): string {
  return readString(`${field}.name`, option['name']).toUpperCase();
}

function readClassification(field: string, option: Fields): ClassificationOption {
  return { name: readName(field, option), priority: readPriority(`${field}.priority`, option['priority'], 0) };
}

function readCaveat(field: string, option: Fields): CaveatOption {
  const name = readName(field, option);
  const min_priority = readPriority(`${field}.min_priority`, option['min_priority'], 0);
  const max_priority = readPriority(`${field}.max_priority`, option['max_priority'], HIGHEST_PRIORITY);
  if (min_priority > max_priority) throw invalid(`${field}.min_priority`, min_priority, `at most max_priority ${max_priority}`);
  return { name, min_priority, max_priority };
}

function readTlp(field: string, option: Fields): TlpOption {
  return { name: readName(field, option), enforce_security: readBoolean(`${field}.enforce_security`, option['enforce_security']) };
}

function readLabels(value: unknown): SecurityLabels {
  const groups = readObject('security_labels', fromJson('security_labels', value));
  const group = (name: string): [string, Fields] => {
    const field = `security_labels.${name}`;
    return [field, groups[name] === undefined ? {} : readObject(field, groups[name])];
  };
  const [releasabilityField, releasability] = group('releasability');
  return {
    classification: readGroup(...group('classification'), readClassification),
    caveat: readGroup(...group('caveat'), readCaveat),
    releasability: {
      ...readGroup(releasabilityField, releasability, (field, option) => ({ name: readName(field, option) })),
      origin: readString(`${releasabilityField}.origin`, releasability['origin'], ''),
      origin_alt_name: readString(`${releasabilityField}.origin_alt_name`, releasability['origin_alt_name'], ''),
      prefix: readString(`${releasabilityField}.prefix`, releasability['prefix'], 'REL:'),
    },
    tlp: readGroup(...group('tlp'), readTlp),
  };
}

function readStringSetting(field: string, value: unknown, fallback: readonly string[]): readonly string[] {
  return value === undefined ? fallback : readStrings(field, fromJson(field, value));
}

/**
 * Reads the `security_*` settings: types, required fields, ranges (start-up check 1). Label names and minimum access become
 * upper case; unknown keys are ignored. Throws SecurityError `SecuritySettingsInvalid` naming the field.
 */
export function parseSecuritySettings(raw: RawSecuritySettings): SecuritySettings {
  const minimum = readStringSetting('security_minimum_required_access', raw.minimum_required_access, []);
  return {
    labels: readLabels(raw.labels),
    admin_roles: readStringSetting('security_admin_roles', raw.admin_roles, ['admin']),
    default: readString('security_default', raw.default, ''),
    presets: readStringSetting('security_presets', raw.presets, []),
    allow_releasability_priority_gte: readInteger('security_allow_releasability_priority_gte', raw.allow_releasability_priority_gte),
    minimum_required_access: minimum.map((label) => label.toUpperCase()),
  };
}
