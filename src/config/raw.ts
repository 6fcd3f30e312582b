/** Gathers the settings as they were given: environment over settings file over the running local stack over defaults. */
import { readFileSync } from 'node:fs';
import { MetafoldError } from '../errors.js';
import { isSettingName, SETTING_NAMES, SETTINGS, type SettingName, type SettingValue } from './settings.js';
import { hint } from './suggest.js';

export type Environment = Readonly<Record<string, string | undefined>>;
export type Origin = 'environment' | 'file' | 'stack' | 'default';

interface Given {
  readonly value: unknown;
  readonly origin: Origin;
}

/** The settings that were given, not yet read. */
export interface RawSettings {
  readonly given: ReadonlyMap<SettingName, Given>;
  readonly warnings: readonly string[];
}

/** Families of names whose unknown members are reported; others belong to somebody else. */
const OWN_FAMILIES = /^(?:metastore|metafold)_/;
/** Families of azul-bedrock and the API server: metafold reads some of their members, the others may share the file. */
const FOREIGN_FAMILIES = /^(?:restapi|oidc|cors|logger|bedrock|dp)[_.]/;
/** Names that only the tests and the bench know. */
const DEVELOPMENT_NAMES = /^metafold_(?:test|bench)_/;

function unknownName(name: string, where: string): string {
  return `unknown setting ${name} in ${where}${hint(name.toLowerCase(), SETTING_NAMES)}`;
}

function fromEnvironment(env: Environment, given: Map<SettingName, Given>, warnings: string[]): void {
  const spelled = new Map<string, string>();
  for (const [written, value] of Object.entries(env)) {
    if (value === undefined) continue;
    const name = written.toLowerCase();
    if (!isSettingName(name)) {
      if (OWN_FAMILIES.test(name) && !DEVELOPMENT_NAMES.test(name)) warnings.push(unknownName(written, 'the environment'));
      continue;
    }
    const other = spelled.get(name);
    if (other !== undefined && given.get(name)!.value !== value) {
      throw new MetafoldError('MF_CONFIG', `${written} and ${other} have different values, expected one of them`, { setting: name });
    }
    spelled.set(name, written);
    given.set(name, { value, origin: 'environment' });
  }
}

function readSettingsFile(path: string): Record<string, unknown> {
  const fail = (what: string, cause?: unknown): MetafoldError =>
    new MetafoldError(
      'MF_CONFIG',
      `metafold_settings: "${path}" ${what}, expected a JSON object of settings`,
      { setting: 'metafold_settings' },
      { cause },
    );
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fail(`cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`, error);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    // The parser's message may quote the text, in which there may be a password.
    throw fail('is not JSON', error);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw fail('holds something else');
  return parsed as Record<string, unknown>;
}

function fromFile(path: string, given: Map<SettingName, Given>, warnings: string[]): void {
  const inFile = new Set<string>();
  for (const [written, value] of Object.entries(readSettingsFile(path))) {
    const name = written.toLowerCase();
    if (value === null || FOREIGN_FAMILIES.test(name)) continue;
    if (!isSettingName(name) || name === 'metafold_settings') {
      warnings.push(unknownName(written, path));
      continue;
    }
    if (inFile.has(name)) throw new MetafoldError('MF_CONFIG', `${name} stands twice in ${path}, expected once`, { setting: name });
    inFile.add(name);
    if (!given.has(name)) given.set(name, { value, origin: 'file' });
  }
}

/** Settings of the environment and of the file that METAFOLD_SETTINGS names. Throws MF_CONFIG. */
export function gatherSettings(env: Environment): RawSettings {
  const given = new Map<SettingName, Given>();
  const warnings: string[] = [];
  fromEnvironment(env, given, warnings);
  const file = given.get('metafold_settings')?.value;
  if (typeof file === 'string' && file !== '') fromFile(file, given, warnings);
  return { given, warnings };
}

/** Adds what the running local stack says, where nothing else was given. */
export function withStackSettings(raw: RawSettings, stack: Readonly<Record<string, string>>): RawSettings {
  const given = new Map(raw.given);
  for (const [written, value] of Object.entries(stack)) {
    const name = written.toLowerCase();
    if (isSettingName(name) && !given.has(name)) given.set(name, { value, origin: 'stack' });
  }
  return { given, warnings: raw.warnings };
}

/** Whether a setting was given, and not as an empty text. */
export function isGiven(raw: RawSettings, name: SettingName): boolean {
  const value = raw.given.get(name)?.value;
  return value !== undefined && value !== '';
}

export type Values = { readonly [N in SettingName]: SettingValue<N> };

/** Reads every setting, given or default; throws MF_CONFIG for the first that is wrong. */
export function readValues(raw: RawSettings): Values {
  const entries = SETTING_NAMES.map((name) => {
    const { default: fallback, read } = SETTINGS[name];
    const given = raw.given.get(name);
    return [name, given === undefined && fallback === undefined ? undefined : read(name, given?.value ?? fallback)];
  });
  return Object.fromEntries(entries) as Values;
}
