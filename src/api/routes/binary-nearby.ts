/** Binaries around one, and the links between them (spec 04 §6.10). */
import Type from 'typebox';
import type { RawJson } from '../../../projections/types.js';
import { answers } from '../answers.js';
import { childrenOfSearch, parentsOfSearch } from '../binary/nearby-bodies.js';
import { linksOf, type NearbyAggregations, type NearbyLink } from '../binary/nearby-links.js';
import { COUSINS, walkNearby, type Round } from '../binary/nearby.js';
import { NearbyModel } from '../binary/schemas.js';
import { contextOf } from '../caller.js';
import { contextParameters, envelope, enveloped } from '../envelope.js';
import type { Reader } from '../reader.js';
import { sha256Path } from '../schemas/parameters.js';
import type { Api } from '../route-api.js';

/** After that no further round begins. */
const MAX_TIME_MS = 10_000;
const MODES = Object.keys(COUSINS);

export function registerBinaryNearby(api: Api): void {
  api.get(
    '/v0/binaries/:sha256/nearby',
    {
      config: { documents: true },
      schema: {
        tags: ['binaries'],
        summary: 'binaries around one',
        params: sha256Path,
        querystring: Type.Object({
          include_cousins: Type.String({
            enum: MODES,
            default: 'yes',
            description: 'whether, and how far, to follow other ways than up and down',
          }),
          ...contextParameters,
        }),
        response: answers(enveloped(NearbyModel)),
      },
    },
    async (request) => {
      const focus = request.params.sha256.toLowerCase();
      const { reader } = contextOf(request);
      const limits = COUSINS[request.query.include_cousins as keyof typeof COUSINS];
      const end = performance.now() + MAX_TIME_MS;
      const links = await walkNearby(
        focus,
        limits,
        (round) => findLinks(reader, round),
        () => performance.now() > end,
      );
      return envelope(request, { id_focus: focus, links });
    },
  );
}

async function findLinks(reader: Reader, { childrenOf, parentsOf, perBinary }: Round): Promise<NearbyLink[]> {
  const found = await reader.searchAll<RawJson, NearbyAggregations>([
    ...(childrenOf.size > 0 ? [childrenOfSearch(childrenOf, perBinary)] : []),
    ...(parentsOf.size > 0 ? [parentsOfSearch(parentsOf, perBinary)] : []),
  ]);
  return found.flatMap(linksOf);
}
