/** Paths that no route has: 404, 405 where another method is meant, and the slash too many (spec 04 §2.1, §2.5). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { detailed } from './api-error.js';

interface Known {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/** Call before the routes are registered, and after the hooks that look at every request. */
export function answerUnknownPaths(app: FastifyInstance, rootPath: string): void {
  const known = new Map<string, Known>();
  app.addHook('onRoute', ({ url, method }) => {
    const entry = known.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
    for (const one of typeof method === 'string' ? [method] : method) entry.methods.add(one);
    known.set(url, entry);
  });
  const methodsAt = (path: string): string[] => {
    const found = [...known.values()].filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => [...methods]);
    return [...new Set(found)].filter((method) => method !== 'OPTIONS').sort();
  };
  const answer = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const [path = '', query] = request.url.split(/\?(.*)/s);
    const methods = methodsAt(path);
    if (methods.length > 0) throw detailed(405, 'Method Not Allowed', { Allow: methods.join(', ') });
    const shorter = path.replace(/\/+$/, '');
    if (shorter !== path && shorter !== '' && !shorter.startsWith('//') && methodsAt(shorter).length > 0) {
      return reply.redirect(`${rootPath}${shorter}${query === undefined ? '' : `?${query}`}`, 307);
    }
    throw detailed(404, 'Not Found');
  };
  // Before a body is read: it is nobody's.
  app.addHook('onRequest', (request, reply, done) => {
    if (request.is404) answer(request, reply);
    else done();
  });
  app.setNotFoundHandler(answer);
}

function patternOf(url: string): RegExp {
  const parts = url
    .split('/')
    .map((part) => (part === '*' ? '.*' : part.startsWith(':') ? '[^/]+' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')));
  return new RegExp(`^${parts.join('/')}$`);
}
