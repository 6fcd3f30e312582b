/**
 * The full fixture history, folded once for all test files of a run that only read it, with annotations beside it. Tests compute what
 * must be answered from the expected documents, by rules of their own.
 */
import { createSecurityPolicy } from '../../projections/security/policy.js';
import { parseSecuritySettings } from '../../projections/security/settings.js';
import { plainIndex } from '../../projections/index-names.js';
import { createArena, opensearch, type Arena } from './arena.js';
import { expectedDocuments } from './history.js';

/** A document as tests look at it: numbers are JavaScript's. */
export interface StoredDocument {
  readonly index: string;
  readonly id: string;
  readonly docname: 'binary2' | 'status' | 'plugin' | 'annotation';
  readonly source: Readonly<Record<string, unknown>>;
}

export interface ApiHistory {
  readonly arena: Arena;
  readonly documents: readonly StoredDocument[];
}

const HISTORY = 'history-full';

/** Folds the history unless an earlier file of this run has. */
export async function apiHistory(): Promise<ApiHistory> {
  const arena = createArena({}, process.env['METAFOLD_TEST_SHARED'] ?? `api${process.ppid}`);
  const folded = [...expectedDocuments(HISTORY, arena.partition).values()].map((document) =>
    stored(JSON.parse(document.text) as RawDocument),
  );
  const annotations = annotationsFor(folded, arena);
  const documents = [...folded, ...annotations];
  if ((await countOf(arena.partition)) !== documents.length) {
    await arena.publish(HISTORY);
    await arena.fold();
    for (const { index, id, source } of annotations) await opensearch('PUT', `/${index}/_doc/${encodeURIComponent(id)}`, source);
    await opensearch('POST', `/azul.*.${arena.partition}.*/_refresh`);
    const count = await countOf(arena.partition);
    if (count !== documents.length) throw new Error(`${count} documents after the fold, expected ${documents.length}`);
  }
  return { arena, documents };
}

async function countOf(partition: string): Promise<number> {
  return (await opensearch<{ count: number }>('GET', `/azul.o.${partition}.*,azul.x.${partition}.*/_count?allow_no_indices=true`)).count;
}

interface RawDocument {
  readonly index: string;
  readonly id: string;
  readonly source: Record<string, unknown>;
}

function stored({ index, id, source }: RawDocument): StoredDocument {
  return { index, id, docname: index.split('.')[3] as StoredDocument['docname'], source };
}

/** The security policy of the fixtures' settings. */
export function policyOf(arena: Arena) {
  const { settings } = arena;
  return createSecurityPolicy(
    parseSecuritySettings({
      labels: settings['security_labels'],
      default: settings['security_default'],
      presets: settings['security_presets'],
      minimum_required_access: settings['security_minimum_required_access'],
      allow_releasability_priority_gte: settings['security_allow_releasability_priority_gte'],
      admin_roles: settings['security_admin_roles'],
    }),
  );
}

const LABELS = ['LOW', 'MEDIUM', 'MEDIUM MOD1 REL:APPLE', 'HIGH MOD2 REL:APPLE,BEE'];

/** Tags on binaries and feature values in every label, by two owners, some disabled (spec 02 §2.5, 04 §6.12, §9.5). */
function annotationsFor(folded: readonly StoredDocument[], arena: Arena): StoredDocument[] {
  const policy = policyOf(arena);
  const made: StoredDocument[] = [];
  const add = (security: string, fields: Record<string, unknown>, id: string): void => {
    const encoded = policy.encode(security);
    const source = { security, encoded_security: encoded, timestamp: `2024-05-0${(made.length % 9) + 1}T00:00:00Z`, ...fields };
    made.push({ index: plainIndex(arena.partition, 'annotation', policy.isOpen(encoded)), id, docname: 'annotation', source });
  };
  const binaries = [...new Set(folded.flatMap(({ source }) => (typeof source['sha256'] === 'string' ? [source['sha256']] : [])))].sort();
  binaries.forEach((sha256, n) => {
    if (n % 3 !== 0) return;
    const tag = ['malicious', 'packed', 'seen-before', 'benign'][n % 4]!;
    for (const owner of n % 2 === 0 ? ['alice', 'bob'] : ['alice']) {
      const security = LABELS[(n / 3 + (owner === 'bob' ? 1 : 0)) % LABELS.length]!;
      const disabled = n % 5 === 0 && owner === 'alice';
      add(
        security,
        { type: 'entity_tag', tag, sha256, owner, pivot: sha256, ...(disabled && { state: 'disabled' }) },
        `${owner}.entity_tag.${tag}.${sha256}`,
      );
    }
  });
  const values = new Map<string, { readonly name: string; readonly value: string }>();
  for (const { source } of folded) {
    for (const { name, value } of (source['features'] ?? []) as { name: string; value: string }[])
      values.set(`${name}.${value}`, { name, value });
  }
  [...values]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .forEach(([pivot, { name, value }], n) => {
      if (n % 4 !== 0) return;
      const tag = ['c2', 'family-x'][n % 2]!;
      add(
        LABELS[(n / 4) % LABELS.length]!,
        {
          type: 'fv_tag',
          tag,
          owner: 'alice',
          feature_name: name,
          feature_value: value,
          pivot,
          ...(n % 12 === 0 && { state: 'disabled' }),
        },
        `alice.fv_tag.${tag}.${name}.${value}`,
      );
    });
  return made;
}
