/** Binaries that are like another by ssdeep, TLSH, entropy or features (spec 04 §6.13). */
import Type from 'typebox';
import type { Fields } from '../../access/query.js';
import { entropyBody, entropyScore, parseEntropy } from '../../search/similarity/entropy.js';
import { SimilarityError } from '../../search/similarity/errors.js';
import { bestMatches, type SimilarityMatch } from '../../search/similarity/ranking.js';
import { compareSsdeep } from '../../search/similarity/ssdeep-compare.js';
import { parseSsdeep, ssdeepBody } from '../../search/similarity/ssdeep.js';
import { parseTlsh, tlshBody, tlshScore } from '../../search/similarity/tlsh.js';
import { answers } from '../answers.js';
import { refused } from '../api-error.js';
import { contextOf } from '../caller.js';
import { contextParameters, envelope, enveloped } from '../envelope.js';
import { sha256Path } from '../schemas/parameters.js';
import type { Api } from '../route-api.js';
import type { ApiServices } from '../services.js';
import { createFeatureRuns } from '../similar/feature-runs.js';

/** Twice as many hits are looked at for ssdeep, and OpenSearch shows no more than 10,000. */
const MAX_MATCHES = 5_000;
/** Blocks of an entropy profile; 40 are what is compared. */
const MAX_BLOCKS = 100_000;

const matchesParameter = { max_matches: Type.Integer({ default: 20, minimum: 0, maximum: MAX_MATCHES }) };

const Matches = Type.Object({ matches: Type.Array(Type.Object({ sha256: Type.String(), score: Type.Number() })) });

const FeatureMatches = Type.Object({
  num_feature_values: Type.Integer(),
  timestamp: Type.String(),
  matches: Type.Array(
    Type.Object({
      sha256: Type.String(),
      score_sum: Type.Integer(),
      score_percent: Type.Integer(),
      contributions: Type.Array(Type.Array(Type.Unknown(), { description: 'author and number of shared values' })),
    }),
  ),
  status: Type.String({ description: 'how far the search is; ask again until it is complete' }),
});

const documents = { documents: true } as const;
const described = (summary: string, ok = Matches) => ({ tags: ['similarity'], summary, response: answers(enveloped(ok)) });

export function registerSimilar(api: Api, { cache, config, log }: ApiServices): void {
  api.get(
    '/v0/binaries/similar/ssdeep',
    {
      config: documents,
      schema: {
        ...described('binaries with a like ssdeep hash'),
        querystring: Type.Object({ ssdeep: Type.String(), ...matchesParameter, ...contextParameters }),
      },
    },
    async (request) => {
      const { ssdeep, max_matches: max } = request.query;
      const hash = parsed(() => parseSsdeep(ssdeep));
      const { hits } = await contextOf(request).reader.search<{ readonly sha256: string; readonly ssdeep: string }>({
        docname: 'binary2',
        body: ssdeepBody(hash, max) as Fields,
      });
      const matches = hits.hits.map(({ _source: found }) => ({ sha256: found.sha256, score: compareSsdeep(ssdeep, found.ssdeep) }));
      return envelope(request, { matches: bestMatches(matches, max) });
    },
  );

  api.get(
    '/v0/binaries/similar/tlsh',
    {
      config: documents,
      schema: {
        ...described('binaries with a like TLSH'),
        querystring: Type.Object({ tlsh: Type.String(), ...matchesParameter, ...contextParameters }),
      },
    },
    async (request) => {
      const { tlsh, max_matches: max } = request.query;
      const query = parsed(() => parseTlsh(tlsh));
      if (query === undefined) return envelope(request, { matches: [] });
      const { hits } = await contextOf(request).reader.search<{ readonly sha256: string }>({
        docname: 'binary2',
        body: tlshBody(query, max) as Fields,
      });
      const matches = hits.hits.map(({ _source: { sha256 }, _score }) => ({ sha256, score: tlshScore(_score ?? 0) }));
      return envelope(request, { matches: bestMatches(matches, max) });
    },
  );

  api.post(
    '/v0/binaries/:sha256/similar/entropy',
    {
      config: documents,
      schema: {
        ...described('binaries with a like entropy profile'),
        params: sha256Path,
        querystring: Type.Object({ ...matchesParameter, ...contextParameters }),
        body: Type.Array(Type.Number(), { maxItems: MAX_BLOCKS }),
      },
    },
    async (request) => {
      const { max_matches: max } = request.query;
      const vector = parsed(() => parseEntropy(request.body));
      if (vector === undefined) return envelope(request, { matches: [] });
      const { hits } = await contextOf(request).reader.search<{ readonly sha256: string }>({
        docname: 'binary2',
        body: entropyBody(request.params.sha256.toLowerCase(), vector, max) as Fields,
      });
      const matches = hits.hits.flatMap(({ _source: { sha256 }, _score }): SimilarityMatch[] => {
        const score = entropyScore(_score ?? 0);
        return score === undefined ? [] : [{ sha256, score }];
      });
      return envelope(request, { matches: bestMatches(matches, max) });
    },
  );

  const runs = createFeatureRuns({ cache, log, timeoutSeconds: config.api.timeoutSeconds });
  api.addHook('preClose', () => runs.stop());
  api.get(
    '/v0/binaries/:sha256/similar/features',
    {
      config: documents,
      schema: {
        tags: ['similarity'],
        summary: 'binaries that share feature values: started by the first request, found by later ones',
        response: answers(enveloped(FeatureMatches)),
        params: sha256Path,
        querystring: Type.Object({
          recalculate: Type.Boolean({ default: false, description: 'looks anew, whatever is known' }),
          ...contextParameters,
        }),
      },
    },
    async (request) => {
      const { sha256 } = request.params;
      return envelope(request, await runs.answer(contextOf(request), sha256.toLowerCase(), request.query.recalculate));
    },
  );
}

/** What was given, read; 422 for what cannot be searched for. */
function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SimilarityError) throw refused(error.status, error.message);
    throw error;
  }
}
