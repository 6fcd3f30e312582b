/** The label configurations that the examples of spec 03 assume. */
import { createSecurityPolicy, type SecurityPolicy } from '../../../../projections/security/policy.js';
import { parseSecuritySettings, type RawSecuritySettings } from '../../../../projections/security/settings.js';

type Options = Record<string, unknown>[];

export interface RawLabels {
  classification: { options: Options };
  caveat: { options: Options };
  releasability: { options: Options; origin?: string; origin_alt_name?: string; prefix?: string };
  tlp: { options: Options };
}

function named(...names: string[]): Options {
  return names.map((name) => ({ name }));
}

/** The labels of configuration C0; a new object each time, to be changed at will. */
export function referenceLabels(): RawLabels {
  const priorities: [string, number][] = [
    ['LOW', 10],
    ['LOW: LY', 20],
    ['MEDIUM', 30],
    ['HIGH', 40],
    ['TOP HIGH', 50],
  ];
  return {
    classification: { options: priorities.map(([name, priority]) => ({ name, priority })) },
    caveat: { options: named('MOD1', 'MOD2', 'MOD3', 'HANOVERLAP', 'OVER') },
    releasability: { options: named('REL:APPLE', 'REL:BEE', 'REL:CAR'), origin: 'REL:APPLE', origin_alt_name: 'APPLEO' },
    tlp: { options: named('TLP:CLEAR', 'TLP:GREEN', 'TLP:AMBER', 'TLP:AMBER+STRICT') },
  };
}

/** Raw settings of C0, with other labels or settings where given. */
export function rawSettings(changes: Partial<RawSecuritySettings> = {}): RawSecuritySettings {
  return {
    labels: referenceLabels(),
    default: 'LOW',
    presets: ['LOW'],
    minimum_required_access: ['LOW'],
    allow_releasability_priority_gte: 30,
    admin_roles: undefined,
    ...changes,
  };
}

export function policyWith(changes: Partial<RawSecuritySettings> = {}): SecurityPolicy {
  return createSecurityPolicy(parseSecuritySettings(rawSettings(changes)));
}

/** A policy whose labels differ from C0 by what `change` does to them. */
export function policyWithLabels(change: (labels: RawLabels) => void): SecurityPolicy {
  const labels = referenceLabels();
  change(labels);
  return policyWith({ labels });
}

/** C0 with enforced `TLP:AMBER` and `TLP:AMBER+STRICT`. */
export function enforcedPolicy(): SecurityPolicy {
  return policyWithLabels((labels) => {
    for (const option of labels.tlp.options.slice(2)) option['enforce_security'] = true;
  });
}
