/**
 * The settings under which the sample history folds without a refusal, by environment-variable name; values are what the
 * variable's JSON text means. The labels are the reference configuration of spec 03.
 */

const SECURITY_LABELS = {
  classification: {
    title: 'Classification',
    options: [
      { name: 'LOW', priority: '10' },
      { name: 'LOW: LY', priority: '20' },
      { name: 'MEDIUM', priority: '30' },
      { name: 'HIGH', priority: '40' },
      { name: 'TOP HIGH', priority: '50' },
    ],
  },
  caveat: {
    title: 'Caveat',
    options: [{ name: 'MOD1' }, { name: 'MOD2' }, { name: 'MOD3' }, { name: 'HANOVERLAP' }, { name: 'OVER' }],
  },
  releasability: {
    title: 'Releasability',
    origin: 'REL:APPLE',
    origin_alt_name: 'APPLEO',
    options: [{ name: 'REL:APPLE' }, { name: 'REL:BEE' }, { name: 'REL:CAR' }],
  },
  tlp: {
    title: 'TLP',
    options: [{ name: 'TLP:CLEAR' }, { name: 'TLP:GREEN' }, { name: 'TLP:AMBER' }, { name: 'TLP:AMBER+STRICT' }],
  },
};

const METASTORE_SOURCES = {
  virustotal: {
    references: [
      { name: 'submitter_id', required: false, description: 'who submitted it', priority: true },
      { name: 'interface', required: false, description: 'how it was submitted', priority: false },
    ],
  },
  tasking: {},
  s1: {
    references: [
      { name: 'ref1', required: false, description: 'first reference', priority: false },
      { name: 'ref2', required: false, description: 'second reference', priority: true },
    ],
  },
  s2: {},
  incidents: {},
  test: {},
};

/** `prefix`: the part of the topic names after `azul.`; `partition`: the part of the index names (spec 02 §1). */
export function sampleSettings(prefix: string, partition: string): Record<string, unknown> {
  return structuredClone({
    security_labels: SECURITY_LABELS,
    security_default: 'LOW',
    security_presets: ['LOW'],
    security_minimum_required_access: ['LOW'],
    security_allow_releasability_priority_gte: '30',
    metastore_sources: METASTORE_SOURCES,
    metastore_partition: partition,
    metafold_topic_prefix: prefix,
  });
}
