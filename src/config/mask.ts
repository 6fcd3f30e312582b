/** The effective settings as they may be shown: in `metafold config`, in logs and in bug reports. */
import { splitAddresses } from './redis.js';
import type { Origin, RawSettings } from './raw.js';
import { SETTING_NAMES, SETTINGS } from './settings.js';

export interface ShownSetting {
  readonly value: unknown;
  readonly origin: Origin;
}

export const MASK = '********';

/** One or more addresses without the passwords in them. */
export function maskUrl(text: string): string {
  return splitAddresses(text).map(maskOne).join(',');
}

function maskOne(text: string): string {
  if (!text.includes('@')) return text;
  if (!URL.canParse(text)) return MASK;
  const url = new URL(text);
  if (url.password !== '') url.password = MASK;
  return url.href;
}

/** JSON text of structured settings is shown as what it says. */
function readable(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value; // wrong, and said so by whoever reads it
  }
}

/** Every setting by name with where it comes from; secrets masked, an empty one shown as empty. */
export function maskedSettings(raw: RawSettings): Record<string, ShownSetting> {
  const shown: Record<string, ShownSetting> = {};
  for (const name of SETTING_NAMES) {
    const given = raw.given.get(name);
    const value = given?.value ?? SETTINGS[name].default ?? null;
    const { visibility } = SETTINGS[name];
    shown[name] = {
      value:
        visibility === 'secret'
          ? value === ''
            ? ''
            : MASK
          : visibility === 'address' && typeof value === 'string'
            ? maskUrl(value)
            : readable(value),
      origin: given?.origin ?? 'default',
    };
  }
  return shown;
}
