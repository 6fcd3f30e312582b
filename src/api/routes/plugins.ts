/** Registered plugins, what they can do and how they do (spec 04 §10). */
import Type from 'typebox';
import { answers } from '../answers.js';
import { refused } from '../api-error.js';
import { contextOf } from '../caller.js';
import { contextParameters, envelope, enveloped } from '../envelope.js';
import { ACTIVITY_SEARCHES, pluginActivity, type ActivityAnswer } from '../plugins/activity.js';
import { pluginEntity } from '../plugins/entity.js';
import { downloadPlugins, latestPlugins, registrationOf } from '../plugins/list.js';
import { versionResult, versionSearches, type VersionAnswer } from '../plugins/version.js';
import { Author, PluginActivity, PluginSummary, PluginVersion } from '../schemas/plugin.js';
import type { Api } from '../route-api.js';
import type { ApiServices } from '../services.js';

const tags = ['plugins'];
const querystring = Type.Object(contextParameters);

export function registerPlugins(api: Api, { plugins }: ApiServices): void {
  api.get(
    '/v0/plugins',
    {
      config: { documents: true },
      schema: {
        tags,
        summary: 'all plugins with their versions',
        querystring,
        response: answers(enveloped(Type.Array(PluginSummary)), 'no plugin is visible'),
      },
    },
    async (request) => {
      const found = latestPlugins(await plugins.registrations(contextOf(request).rule));
      if (found.length === 0) throw refused(404, 'There are no plugins registered in Azul.');
      return envelope(request, found);
    },
  );
  api.get(
    '/v0/plugins/status',
    {
      config: { documents: true },
      schema: {
        tags,
        summary: 'all plugins with what they did in the last seven days',
        querystring,
        response: answers(enveloped(Type.Array(PluginActivity)), 'no plugin is visible'),
      },
    },
    async (request) => {
      const { rule, reader } = contextOf(request);
      const found = latestPlugins(await plugins.registrations(rule));
      if (found.length === 0) throw refused(404, 'There are no plugin statuses in Azul.');
      const activity: readonly ActivityAnswer[] = await reader.searchAll(ACTIVITY_SEARCHES);
      return envelope(request, pluginActivity(found, activity));
    },
  );
  api.get(
    '/v0/plugins/:name/versions/:version',
    {
      config: { documents: true },
      schema: {
        tags,
        summary: 'one version of a plugin with its statuses of the last seven days',
        params: Type.Object({ name: Type.String(), version: Type.String() }),
        querystring,
        response: answers(enveloped(PluginVersion), 'the version is not registered'),
      },
    },
    async (request) => {
      const { rule, reader } = contextOf(request);
      const { name, version } = request.params;
      const registration = registrationOf(await plugins.registrations(rule), name, version);
      // The peer's words.
      if (registration === undefined) throw refused(404, 'The requested plugin version does was not found.');
      const found: readonly VersionAnswer[] = await reader.searchAll(versionSearches(name, version));
      const { num_entities, status } = versionResult(found);
      return envelope(request, { num_entities, plugin: pluginEntity(registration.entity), status });
    },
  );
  api.get(
    '/v0/plugins/download',
    {
      config: { documents: true },
      schema: {
        tags,
        summary: 'plugins that download binaries',
        querystring,
        response: answers(enveloped(Type.Array(Author)), 'no plugin that downloads is visible'),
      },
    },
    async (request) => {
      const found = downloadPlugins(await plugins.registrations(contextOf(request).rule));
      if (found.length === 0) throw refused(404, 'There are no plugins that perform downloads registered in Azul.');
      // As the peer: it reads only the name and the version.
      const authors = found.map(({ entity: { name, version } }) => ({
        security: '',
        category: '',
        name,
        ...(version !== undefined && { version }),
      }));
      return envelope(request, authors);
    },
  );
}
