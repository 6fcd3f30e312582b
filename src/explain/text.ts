/** What `metafold explain` tells, for people. */
import type { DeleteShown, DocumentShown, EventShown, LoggedEvent, Outcome } from './types.js';

function deleteText(by: DeleteShown | null): string {
  return by === null ? 'a delete event that is gone' : `delete ${by.key} (${by.action}) at ${by.topic}/${by.partition}/${by.offset}`;
}

function outcomeText(event: Outcome): string {
  switch (event.outcome) {
    case 'contributes':
      return '';
    case 'deleted':
      return `deleted by ${deleteText(event.by)}`;
    case 'skipped':
      return `counts for nothing: ${event.reason}`;
    case 'refused':
      return `refused: ${event.class}: ${event.reason}`;
    case 'nothing':
      return 'its record makes it no longer';
    case 'overtaken':
      return event.by_tombstone
        ? `removed by the tombstone at offset ${event.by_offset}`
        : `replaced by the record at offset ${event.by_offset}`;
    case 'gone':
      return `its record is no longer in the log (${event.reason})${event.deleted_by === null ? '' : `; deleted by ${deleteText(event.deleted_by)}`}`;
  }
}

function eventLines(head: string, event: EventShown & Outcome): string[] {
  const { time, key, event_key, author, action, topic, partition, offset, inserts } = event;
  const what = [time, action, author === null ? undefined : `by ${author}`].filter(
    (part) => part !== null && part !== undefined && part !== '',
  );
  const note = outcomeText(event);
  return [
    `${head}${what.join('  ')}`,
    `           key ${key}${event_key === key ? '' : `, event key ${event_key}`}${inserts.length === 0 ? '' : `, derived by insert ${inserts.join(', ')}`}`,
    `           at ${topic}/${partition}/${offset}`,
    ...(note === '' ? [] : [`           ${note}`]),
  ];
}

function documentLines({ index, id, kind, truncated, contributions }: DocumentShown): string[] {
  const head = `${index}  ${id}`;
  if (kind === 'parent') return [head, '  parent: it joins the documents of its binary'];
  if (kind === 'plain') return [head, '  not written by metafold: nothing is known of its events'];
  const lines = contributions.flatMap((one) => eventLines(`  ${one.role.padEnd(6)}   `, one));
  return [head, ...lines, ...(truncated ? ['  … and others that are not remembered'] : [])];
}

export function explanation(documents: readonly DocumentShown[], events: readonly LoggedEvent[] | undefined): string {
  const lines = documents.length === 0 ? ['no documents'] : documents.flatMap(documentLines);
  if (events === undefined) return lines.join('\n');
  const logged = events.flatMap((event) => [...eventLines('  ', event), ...event.documents.map((id) => `           makes ${id}`)]);
  return [...lines, '', events.length === 0 ? 'no events in the log' : `events in the log: ${events.length}`, ...logged].join('\n');
}
