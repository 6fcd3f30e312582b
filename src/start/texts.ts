/** What `metafold start` tells people when the sample is folded and when it ends. */
import { defaultDataFolder, shellQuote } from '../stack/index.js';
import { queriesText } from './queries.js';
import { requestsText } from './requests.js';
import type { StartOptions, StartResult } from './result.js';

export function thousands(value: number): string {
  return value.toLocaleString('en-US');
}

function dataOption(data: string): string {
  return data === defaultDataFolder() ? '' : ` --data ${shellQuote(data)}`;
}

/**
 * The headline of a finished fold, what to try with the answers, and how to go on. The API goes with this run, so what can be tried
 * after it are queries of OpenSearch.
 */
export function foldedText({ untilFolded }: Pick<StartOptions, 'untilFolded'>, result: StartResult): string {
  const { published, fold_seconds, documents, rejected, queries, requests, api, data, prefix } = result;
  const what =
    published > 0
      ? `The sample is folded after ${(fold_seconds ?? 0).toFixed(1)} s, the start of the worker included`
      : 'Everything is folded';
  const headline = `${what}: ${thousands(documents)} documents, ${thousands(rejected)} records rejected.`;
  const parts = [headline];
  if (untilFolded) parts.push(queriesText(queries).trimEnd());
  else {
    parts.push(requestsText(requests).trimEnd(), `All that the API answers:\n  ${api ?? ''}`);
    const stackData = data === defaultDataFolder() ? '' : `METAFOLD_DATA=${shellQuote(data)} `;
    parts.push(
      `More events, while this runs:\n  npx metafold generate --binaries 1000 --seed 2 --prefix ${prefix} | ${stackData}npx metafold publish -`,
    );
    parts.push(
      `Ctrl-C ends the worker${result.stack_was_running ? ' and the API; the stack was up before and stays up.' : ', the API and the stack; the data stays.'}`,
    );
  }
  return `\n${parts.join('\n\n')}\n\n`;
}

/** What the end of a run has ended and what it leaves. */
export function endedText({ ended, stack_was_running, data }: StartResult): string {
  const what = ended.length === 0 ? 'Nothing was left to end' : `Ended: ${ended.join(', ')}`;
  if (stack_was_running) return `${what}. What was up before stays up ("npx metafold stack status${dataOption(data)}" shows it).`;
  return `${what}. Documents and events stay in ${data} ("npx metafold stack down --wipe${dataOption(data)}" removes them).`;
}
