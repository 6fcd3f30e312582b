/**
 * All live delete events by what they name (spec 01 §10.1). Deletes of one target do not replace each other: a submission is deleted
 * at each of the instants named (or at any), an author up to the latest time named.
 *
 * Asked for every binary event, so it is plain look-ups, and nothing at all while no delete is known.
 */
import { ZERO_TIME, type BinaryEvent, type DeleteEvent, type Micros } from '../../schemas/events.js';
import type { DeleteAction } from '../../schemas/enums.js';
import { ownText } from '../own-text.js';
import { deleteTarget, idsTarget, type DeleteTarget } from './delete-target.js';

/** The delete event that takes an event away; of several that do, one. */
export interface DeleteMatch {
  readonly deleteKey: string;
  readonly action: DeleteAction;
}

interface AuthorDelete {
  before: Micros;
  deleteKey: string;
}

/** Most submissions are deleted at one instant only, which a Map of its own would cost four times as much. */
interface SubmissionDelete {
  /** Key of the delete that names no instant. */
  any: string | undefined;
  at: Micros;
  deleteKey: string;
  more: Map<Micros, string> | undefined;
}

export class DeleteTable {
  private readonly ids = new Map<string, string>();
  private readonly links = new Map<string, string>();
  private readonly authors = new Map<string, AuthorDelete>();
  private readonly submissions = new Map<string, SubmissionDelete>();
  private count = 0;

  /** Number of targets: event keys, links, authors, and instants of submissions. */
  get entries(): number {
    return this.count;
  }

  /**
   * Adds one delete event (`deleteKey`: of its record, kept as it is). Returns what it covers beyond the deletes before it; undefined when that is
   * nothing, as for an unknown action. A target is kept with the key of the delete that named it first, an author with that of the latest time.
   */
  add(deleteKey: string, event: DeleteEvent): DeleteTarget | undefined {
    if (event.action === 'ids') {
      const added = this.addIds(deleteKey, event.entity.ids.ids);
      return added.length === 0 ? undefined : idsTarget(added);
    }
    return this.load(deleteKey, event) ? deleteTarget(event) : undefined;
  }

  /** As `add`, where nothing has to be looked up by the target: that takes longer to make than the entry. Returns whether the delete covers more. */
  load(deleteKey: string, { action, entity }: DeleteEvent): boolean {
    switch (action) {
      case 'ids':
        return this.addIds(deleteKey, entity.ids.ids).length > 0;
      case 'link':
        return this.addLink(deleteKey, entity.link.track_link ?? '');
      case 'author':
        return this.addAuthor(deleteKey, entity.author.track_author ?? '', entity.author.timestamp);
      case 'submission':
        return this.addSubmission(deleteKey, entity.submission.track_source_references ?? '', entity.submission.timestamp);
      default:
        return false;
    }
  }

  private addIds(deleteKey: string, ids: readonly string[]): readonly string[] {
    const added: string[] = [];
    for (const id of ids) {
      if (id === '' || this.ids.has(id)) continue;
      this.ids.set(ownText(id), deleteKey);
      added.push(id);
    }
    this.count += added.length;
    return added;
  }

  private addLink(deleteKey: string, link: string): boolean {
    if (link === '' || this.links.has(link)) return false;
    this.links.set(ownText(link), deleteKey);
    this.count++;
    return true;
  }

  private addAuthor(deleteKey: string, author: string, before: Micros): boolean {
    if (author === '' || before === ZERO_TIME) return false;
    const known = this.authors.get(author);
    if (known !== undefined) {
      if (before <= known.before) return false;
      known.before = before;
      known.deleteKey = deleteKey;
    } else {
      this.authors.set(ownText(author), { before, deleteKey });
      this.count++;
    }
    return true;
  }

  private addSubmission(deleteKey: string, references: string, at: Micros): boolean {
    if (references === '') return false;
    const known = this.submissions.get(references);
    if (known === undefined) {
      const any = at === ZERO_TIME ? deleteKey : undefined;
      this.submissions.set(ownText(references), { any, at, deleteKey, more: undefined });
    } else if (at === ZERO_TIME) {
      if (known.any !== undefined) return false;
      known.any = deleteKey;
    } else {
      if (known.any !== undefined || known.at === at || known.more?.has(at)) return false;
      (known.more ??= new Map()).set(at, deleteKey);
    }
    this.count++;
    return true;
  }

  /** The delete that covers an event by itself; what an event was derived from is judged before it is derived. */
  matches(event: BinaryEvent): DeleteMatch | undefined {
    if (this.count === 0) return undefined;
    const id = this.ids.get(event.kafka_key);
    if (id !== undefined) return { deleteKey: id, action: 'ids' };
    const link = this.links.size === 0 ? undefined : this.linkOf(event.track_links);
    if (link !== undefined) return { deleteKey: link, action: 'link' };
    const author = this.authors.size === 0 ? undefined : this.authorOf(event.track_authors, event.timestamp);
    if (author !== undefined) return { deleteKey: author, action: 'author' };
    const submission = this.submissionOf(event.track_source_references, event.source.timestamp);
    return submission === undefined ? undefined : { deleteKey: submission, action: 'submission' };
  }

  private linkOf(links: readonly string[]): string | undefined {
    for (const link of links) {
      const found = this.links.get(link);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private authorOf(authors: readonly string[], timestamp: Micros): string | undefined {
    for (const author of authors) {
      const found = this.authors.get(author);
      if (found !== undefined && timestamp < found.before) return found.deleteKey;
    }
    return undefined;
  }

  private submissionOf(references: string, at: Micros): string | undefined {
    const found = this.submissions.get(references);
    if (found === undefined) return undefined;
    return found.any ?? (found.at === at ? found.deleteKey : found.more?.get(at));
  }
}
