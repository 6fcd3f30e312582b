import { readFileSync } from 'node:fs';

/** The package's own version; the compiled file lies one folder deeper than the source. */
function packageVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const { version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string };
      return version;
    } catch {
      continue; // not there: the other place
    }
  }
  return 'unknown';
}

export const VERSION = packageVersion();
