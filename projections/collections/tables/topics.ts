/** From which topics a query's rows can come (spec 07 §2): a source named by the query spares those of the others. */
import type { EventTable } from '../types.js';

/** Says of a topic's name whether its records may be rows of the query. */
export function topicFilter(
  table: Pick<EventTable, 'model' | 'action'>,
  sources: readonly string[] | undefined,
  topicPrefix: string,
): (topic: string) => boolean {
  const head = `azul.${topicPrefix}.`;
  if (table.model !== 'binary') {
    const only = `${head}system.${table.model}`;
    return (topic) => topic === only;
  }
  const expedite = `${head}system.expedite`;
  const wanted = sources && new Set(sources);
  return (topic) => {
    if (topic === expedite) return true;
    if (!topic.startsWith(head)) return false;
    const parts = topic.slice(head.length).split('.');
    const [source, kind, action] = parts;
    if (parts.length !== 3 || kind !== 'binary' || source === '' || action === '') return false;
    return (table.action === undefined || action === table.action) && (wanted === undefined || wanted.has(source!));
  };
}
