/** Security labels of a document, made from those of its parts (spec 02 §4.4, 03 §4). */
import type { EventAuthor } from '../schemas/events.js';
import type { EncodedSecurity, SecurityPolicy } from './security/policy.js';
import type { DocumentBody } from './types.js';

/** The normalised label, or the default when absent or empty. Throws a SecurityError when it does not parse. */
export function normalisedLabel(policy: SecurityPolicy, raw: string | undefined): string {
  return raw ? policy.normalise(raw) : policy.defaultSecurity;
}

export interface DocumentLabels {
  readonly security: string;
  /** `encoded_security` of the document; frozen and shared. */
  readonly encoded: EncodedSecurity;
}

/** The most restrictive of normalised labels, in both stored forms. Throws a SecurityError when they have no common reader. */
export function documentLabels(policy: SecurityPolicy, labels: readonly string[]): DocumentLabels {
  const security = policy.combine(labels);
  return { security, encoded: policy.encode(security) };
}

/** An author as stored: absent fields are left out, empty ones kept, the label given is the normalised one. */
export function authorBody(author: EventAuthor, security: string): DocumentBody {
  return { category: author.category, name: author.name, version: author.version, security };
}
