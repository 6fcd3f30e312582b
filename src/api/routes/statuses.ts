/** How far the processing and the download of a binary have come (spec 04 §6.9, §8.5). */
import Type from 'typebox';
import { documentJson } from '../../../projections/json.js';
import { isoTime, parseTime } from '../../../schemas/time.js';
import { answers } from '../answers.js';
import { binaryNotFound, refused } from '../api-error.js';
import { contextOf } from '../caller.js';
import { contextParameters, envelope, enveloped } from '../envelope.js';
import { downloadPlugins } from '../plugins/list.js';
import type { SearchAnswer } from '../reader.js';
import { sha256Path } from '../schemas/parameters.js';
import { StatusEvent } from '../schemas/plugin.js';
import type { Api } from '../route-api.js';
import type { ApiServices } from '../services.js';
import { bestEventSearch, rebuildEvent, type BinaryDocument } from '../statuses/best-event.js';
import { binaryStatuses, type Simulation } from '../statuses/binary.js';
import { downloadStatuses } from '../statuses/download.js';
import { foundStatuses, statusSearch, type StatusAggregations } from '../statuses/found.js';
import { simulateConsumers } from '../statuses/simulate.js';

const NO_REQUEST = "No download request could be found, either the request hasn't been made or the event is still loading into opensearch.";

export function registerStatuses(api: Api, { config, plugins, log }: ApiServices): void {
  const { dispatcherEventsUrl: eventsUrl } = config.api;

  /** A dispatcher that fails tells nothing; the answer does not depend on it. */
  async function simulate(best: BinaryDocument | undefined, left: AbortSignal): Promise<Simulation | undefined> {
    const event = best === undefined ? undefined : rebuildEvent(best);
    if (event === undefined || eventsUrl === undefined) return undefined;
    try {
      const consumers = await simulateConsumers(eventsUrl, documentJson(event), left);
      return { timestamp: isoTime(parseTime(best!.timestamp)), consumers };
    } catch (error) {
      log.warn({ err: error }, 'consumers were not simulated');
      return undefined;
    }
  }

  api.get(
    '/v0/binaries/:sha256/statuses',
    {
      config: { documents: true },
      schema: {
        tags: ['binaries'],
        summary: 'the newest status of every plugin on the binary',
        params: sha256Path,
        querystring: Type.Object(contextParameters),
        response: answers(enveloped(Type.Object({ items: Type.Array(StatusEvent) })), 'no status is visible'),
      },
    },
    async (request) => {
      const { rule, reader } = contextOf(request);
      const sha256 = request.params.sha256.toLowerCase();
      const searches = [statusSearch(sha256), ...(eventsUrl === undefined ? [] : [bestEventSearch(sha256)])];
      const [statuses, best] = await reader.searchAll<BinaryDocument, StatusAggregations>(searches);
      const simulation = await simulate(best?.hits.hits[0]?._source, request.left.signal);
      const registrations = simulation === undefined ? [] : await plugins.registrations(rule);
      const items = binaryStatuses({ sha256, registrations, simulation, found: foundStatuses(statuses!), now: Date.now() });
      if (items.length === 0) throw binaryNotFound(sha256);
      return envelope(request, { items });
    },
  );
  api.get(
    '/v0/binaries/source/download/:sha256',
    {
      config: { documents: true },
      schema: {
        tags: ['binaries'],
        summary: 'the newest status of every plugin that downloads',
        params: sha256Path,
        querystring: Type.Object({
          ...contextParameters,
          include_download_requests: Type.Boolean({ default: false, description: 'adds the requests themselves' }),
        }),
        response: answers(enveloped(Type.Array(StatusEvent)), 'no request for the binary is visible'),
      },
    },
    async (request) => {
      const { rule, reader } = contextOf(request);
      const sha256 = request.params.sha256.toLowerCase();
      const answer: SearchAnswer<unknown, StatusAggregations> = await reader.search(statusSearch(sha256));
      const found = foundStatuses(answer);
      if (found.length === 0) throw refused(404, NO_REQUEST);
      const rows = downloadStatuses({
        sha256,
        plugins: downloadPlugins(await plugins.registrations(rule)),
        found,
        withRequests: request.query.include_download_requests,
      });
      return envelope(request, rows);
    },
  );
}
