/**
 * Readers of single settings: from the text of an environment variable, or from the JSON value of a settings file, to the value
 * that metafold works with. Each throws MF_CONFIG naming the setting, the value and what was expected.
 */
import { MetafoldError } from '../errors.js';
import type { IndexConfig } from '../../projections/templates.js';
import { hint } from './suggest.js';

/** Reads one setting; `name` may be a path into a structured one. */
export type Reader<T> = (name: string, value: unknown) => T;

const MAX_SHOWN = 120;

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** The error of a wrong setting. */
export function wrongSetting(name: string, value: unknown, expected: string): MetafoldError {
  return new MetafoldError('MF_CONFIG', `${name}: ${show(value)} is not valid, expected ${expected}`, { setting: name });
}

/** As `wrongSetting`, for values that may not be shown. */
function wrongSecret(name: string, expected: string): MetafoldError {
  return new MetafoldError('MF_CONFIG', `${name}: the value (not shown) is not valid, expected ${expected}`, { setting: name });
}

export const text: Reader<string> = (name, value) => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw wrongSetting(name, value, 'a text');
};

export const secretText: Reader<string> = (name, value) => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw wrongSecret(name, 'a text');
};

/** A text that matches; `expected` says what in words. */
export function matching(pattern: RegExp, expected: string): Reader<string> {
  return (name, value) => {
    if (typeof value !== 'string' || !pattern.test(value)) throw wrongSetting(name, value, expected);
    return value;
  };
}

/** A setting that may not be given; "" is as good as not given. */
export function forbidden(expected: string): Reader<''> {
  return (name, value) => {
    if (value !== '') throw wrongSetting(name, value, expected);
    return value;
  };
}

export function integer(min: number, max: number): Reader<number> {
  const expected = `a whole number from ${min} to ${max}`;
  return (name, value) => {
    const number = typeof value === 'string' && /^\s*[+-]?[0-9]{1,15}\s*$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number) || number < min || number > max) throw wrongSetting(name, value, expected);
    return number;
  };
}

/** A number of seconds, fractions allowed. */
export function seconds(max: number): Reader<number> {
  return (name, value) => {
    const number = typeof value === 'string' && /^\s*[0-9]{1,9}(\.[0-9]{1,6})?\s*$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !(number >= 0 && number <= max))
      throw wrongSetting(name, value, `a number of seconds from 0 to ${max}`);
    return number;
  };
}

const TRUE_TEXTS = new Set(['1', 'true', 't', 'yes', 'y', 'on']);
const FALSE_TEXTS = new Set(['0', 'false', 'f', 'no', 'n', 'off']);

export const boolean: Reader<boolean> = (name, value) => {
  const word =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value).trim().toLowerCase() : '';
  if (TRUE_TEXTS.has(word)) return true;
  if (FALSE_TEXTS.has(word)) return false;
  throw wrongSetting(name, value, 'true or false');
};

/** One of a few words, in any case; answers with the word as listed. */
export function oneOf<const T extends string>(...words: readonly T[]): Reader<T> {
  return (name, value) => {
    const found = typeof value === 'string' ? words.find((word) => word.toLowerCase() === value.trim().toLowerCase()) : undefined;
    if (found === undefined) throw wrongSetting(name, value, `one of ${words.join(', ')}`);
    return found;
  };
}

/** Structured settings are JSON text in the environment; a file may hold them as they are. */
export function structured(name: string, value: unknown, expected: string): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch (error) {
    throw new MetafoldError('MF_CONFIG', `${name}: ${show(value)} is not JSON, expected ${expected} (${(error as Error).message})`, {
      setting: name,
    });
  }
}

export type Fields = Readonly<Record<string, unknown>>;

export const object: Reader<Fields> = (name, value) => {
  const parsed = structured(name, value, 'a JSON object');
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw wrongSetting(name, value, 'a JSON object');
  return parsed as Fields;
};

/** A list of texts: JSON in the environment. */
export const texts: Reader<readonly string[]> = (name, value) => {
  const parsed = structured(name, value, 'a JSON list of texts');
  if (!Array.isArray(parsed) || !parsed.every((one): one is string => typeof one === 'string')) {
    throw wrongSetting(name, value, 'a JSON list of texts');
  }
  return parsed;
};

/** An object whose values are texts, such as headers. */
export const textMap: Reader<Readonly<Record<string, string>>> = (name, value) => {
  const fields = object(name, value);
  for (const [key, one] of Object.entries(fields)) if (typeof one !== 'string') throw wrongSetting(`${name}.${key}`, one, 'a text');
  return fields as Record<string, string>;
};

/** An object whose values are lists of texts. */
export const textsMap: Reader<Readonly<Record<string, readonly string[]>>> = (name, value) => {
  const fields = object(name, value);
  return Object.fromEntries(Object.entries(fields).map(([key, one]) => [key, texts(`${name}.${key}`, one)]));
};

/** Refuses keys that nobody would read, because the value was meant to do something. */
export function onlyKeys(name: string, fields: Fields, known: readonly string[]): void {
  for (const key of Object.keys(fields)) {
    if (known.includes(key)) continue;
    const message = `${name}.${key}: unknown key${hint(key, known) || ','} expected one of ${known.join(', ')}`;
    throw new MetafoldError('MF_CONFIG', message, { setting: `${name}.${key}` });
  }
}

const DAYS: Readonly<Record<string, number>> = { days: 1, weeks: 7, months: 30, years: 365 };
const DAY_MS = 86_400_000;

/** `0` (for ever) or `<count> <days|weeks|months|years>` in milliseconds, -1 for ever (spec 06 §4.3). */
export const duration: Reader<number> = (name, value) => {
  const match = typeof value === 'string' ? /^(?:0|([1-9][0-9]{0,5}) (days|weeks|months|years))$/.exec(value) : null;
  if (match === null) throw wrongSetting(name, value, '"0" or "<count> <days|weeks|months|years>", such as "3 months"');
  return match[1] === undefined ? -1 : Number(match[1]) * DAYS[match[2]!]! * DAY_MS;
};

const refreshInterval = matching(/^(?:-1|0|[1-9][0-9]*(?:nanos|micros|ms|s|m|h|d))$/, 'a time such as "5s", or "-1" for never');

/** Shards, replicas and refresh of an index; what is left out keeps its default. */
export function indexConfig(defaults: IndexConfig): Reader<IndexConfig> {
  return (name, value) => {
    const fields = object(name, value);
    onlyKeys(name, fields, ['number_of_shards', 'number_of_replicas', 'refresh_interval']);
    const { number_of_shards: shards, number_of_replicas: replicas, refresh_interval: refresh } = fields;
    return {
      number_of_shards: shards === undefined ? defaults.number_of_shards : integer(1, 1024)(`${name}.number_of_shards`, shards),
      number_of_replicas: replicas === undefined ? defaults.number_of_replicas : integer(0, 100)(`${name}.number_of_replicas`, replicas),
      refresh_interval: refresh === undefined ? defaults.refresh_interval : refreshInterval(`${name}.refresh_interval`, refresh),
    };
  };
}

function parseUrl(value: unknown, protocols: readonly string[]): URL | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  return protocols.includes(url.protocol) && url.hostname !== '' ? url : undefined;
}

/** An address without trailing slash; "" = not set. A password in it is never part of a message. */
export function url(...protocols: readonly string[]): Reader<string> {
  const expected = `an address such as ${protocols[0]!}//host:port`;
  return (name, value) => {
    if (value === '') return '';
    if (parseUrl(value, protocols) !== undefined) return (value as string).replace(/\/+$/, '');
    throw typeof value === 'string' && value.includes('@') ? wrongSecret(name, expected) : wrongSetting(name, value, expected);
  };
}

const BROKER = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?$/;

/** `host[:port],…` as librdkafka takes it; a list in a file. "" = not set. */
export const brokers: Reader<string> = (name, value) => {
  const list = Array.isArray(value) ? (value as unknown[]) : typeof value === 'string' ? value.split(',') : undefined;
  if (list === undefined) throw wrongSetting(name, value, 'brokers as "host:port,host:port"');
  const trimmed = list.map((broker) => (typeof broker === 'string' ? broker.trim() : '')).filter((broker) => broker !== '');
  const wrong = trimmed.find((broker) => !BROKER.test(broker)) ?? (trimmed.length === 0 && value !== '' ? '' : undefined);
  if (wrong !== undefined) throw wrongSetting(name, value, 'brokers as "host:port,host:port"');
  return trimmed.join(',');
};
