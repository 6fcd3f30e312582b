import type { Command } from 'commander';
import { gatherWithStack, loadConfig, maskedSettings, type ShownSetting } from '../config/index.js';
import { baseCommand, runCommand, type CommonOptions } from './run.js';

function textOf(settings: Readonly<Record<string, ShownSetting>>): string {
  const lines = Object.entries(settings).map(([name, { value, origin }]) => {
    const shown = typeof value === 'string' ? value : JSON.stringify(value);
    return `${name} = ${shown}${origin === 'default' ? '' : `  (${origin})`}`;
  });
  return lines.join('\n');
}

/** `metafold config`: what is in effect and where it comes from; fails like any command when a setting is wrong (spec 06 §2.7). */
export function createCommand(name: string): Command {
  return baseCommand(name, 'print the effective settings with their origin, secrets masked', [
    'metafold config',
    'METAFOLD_SETTINGS=settings.json metafold config --json',
  ]).action((options: CommonOptions) =>
    runCommand(name, options, async (context) => {
      const raw = await gatherWithStack(process.env);
      const hasSecurity = raw.given.has('security_labels');
      const config = await loadConfig(process.env, { need: hasSecurity ? ['security'] : [] });
      for (const warning of config.warnings) context.warn(warning);
      const shown = maskedSettings(raw);
      const entries = Object.entries(shown);
      return {
        result: {
          settings: Object.fromEntries(entries.map(([key, { value }]) => [key, value])),
          origins: Object.fromEntries(entries.map(([key, { origin }]) => [key, origin])),
        },
        text: textOf(shown),
      };
    }),
  );
}
