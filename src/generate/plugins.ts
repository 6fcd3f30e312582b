/** The plugins of the sample platform: what each accepts, finds and brings forth. */
import type { DatastreamLabel } from '../../schemas/enums.js';
import type { EventAuthor, JsonText } from '../../schemas/events.js';
import { FEATURES as F, type FeatureSpec } from './features.js';
import type { FormatKind } from './formats.js';
import { capabilityInfo, configInfo, documentInfo, entropyInfo, peInfo, similarityInfo } from './info.js';
import type { Random } from './random.js';

export interface PluginSpec {
  readonly name: string;
  readonly security: string | undefined;
  /** `count`: 1.0, 1.1, …; `date`: 2025.01.01, 2025.01.02, … */
  readonly versions: 'count' | 'date';
  readonly description: string;
  /** Undefined: everything. */
  readonly accepts: readonly FormatKind[] | undefined;
  readonly features: readonly FeatureSpec[];
  readonly info?: (random: Random) => JsonText;
  /** Mean seconds of a run. */
  readonly runtime: number;
  /** How often a run adds streams to the file, and one of which labels; `report` may come beside it. */
  readonly augments?: { readonly chance: number; readonly labels: readonly DatastreamLabel[] };
  /** How often a run names a file that the platform doesn't hold. */
  readonly maps?: number;
  /** Takes archives and documents apart. */
  readonly unpacks?: boolean;
}

const EXECUTABLES: readonly FormatKind[] = ['executable'];
const DOCUMENTS: readonly FormatKind[] = ['document'];
const CODE: readonly FormatKind[] = ['executable', 'script', 'document'];

/** Opens what holds other files; runs on each archive and on some documents. */
export const UNBOX: PluginSpec = {
  name: 'Unbox',
  security: undefined,
  versions: 'count',
  description: 'Unpacks archives',
  accepts: ['archive', 'document'],
  features: [F.archiveEntry, F.password],
  runtime: 3,
  augments: { chance: 0.2, labels: ['password_dictionary'] },
  unpacks: true,
};

export const PLUGINS: readonly PluginSpec[] = [
  UNBOX,
  { name: 'Entropy', security: 'LOW', versions: 'date', description: 'Entropy of the file by blocks', accepts: undefined, features: [F.entropy], info: entropyInfo, runtime: 1 }, // prettier-ignore
  { name: 'Similarity', security: undefined, versions: 'count', description: 'Fuzzy hashes', accepts: undefined, features: [F.importHash, F.packer], info: similarityInfo, runtime: 1 }, // prettier-ignore
  {
    name: 'YaraScan',
    security: 'MEDIUM',
    versions: 'date',
    description: 'Rules of the team',
    accepts: undefined,
    features: [F.rule, F.match],
    runtime: 6,
    augments: { chance: 0.15, labels: ['yara_rule_hit'] },
  },
  { name: 'Indicators', security: 'LOW', versions: 'count', description: 'Addresses in strings', accepts: undefined, features: [F.url, F.email, F.address], runtime: 4 }, // prettier-ignore
  {
    name: 'Reputation',
    security: 'LOW',
    versions: 'date',
    description: 'Verdicts of others',
    accepts: undefined,
    features: [F.verdict, F.ratio, F.firstSeen],
    runtime: 2,
    maps: 0.3,
  },
  { name: 'PortableExecutable', security: 'LOW', versions: 'count', description: 'Headers of executables', accepts: EXECUTABLES, features: [F.import, F.compileTime, F.entryPoint, F.sectionSize], info: peInfo, runtime: 2 }, // prettier-ignore
  { name: 'Sections', security: undefined, versions: 'count', description: 'Sections of executables', accepts: EXECUTABLES, features: [F.sectionEntropy, F.sectionSize, F.packer], runtime: 2 }, // prettier-ignore
  { name: 'Certificates', security: 'LOW', versions: 'count', description: 'Signatures', accepts: EXECUTABLES, features: [F.notBefore, F.serial, F.subject], runtime: 2 }, // prettier-ignore
  { name: 'Capabilities', security: 'MEDIUM', versions: 'date', description: 'What code can do', accepts: EXECUTABLES, features: [F.capability], info: capabilityInfo, runtime: 35 }, // prettier-ignore
  {
    name: 'Decompiler',
    security: 'LOW',
    versions: 'count',
    description: 'Source text of compiled code',
    accepts: EXECUTABLES,
    features: [F.lines],
    runtime: 40,
    augments: { chance: 0.9, labels: ['decompiled_c', 'decompiled_cs', 'decompiled_java', 'cs_call_tree'] },
  },
  { name: 'RatConfigs', security: 'HIGH MOD1 REL:APPLE,CAR', versions: 'date', description: 'Configurations of known families', accepts: CODE, features: [F.port, F.mutex, F.campaign, F.key, F.url], info: configInfo, runtime: 5 }, // prettier-ignore
  { name: 'OfficeMacros', security: 'LOW', versions: 'count', description: 'Macros of documents', accepts: DOCUMENTS, features: [F.macro, F.obfuscation], runtime: 3 }, // prettier-ignore
  { name: 'Metadata', security: 'LOW', versions: 'count', description: 'What the file says about itself', accepts: undefined, features: [F.created, F.author], info: documentInfo, runtime: 2 }, // prettier-ignore
  {
    name: 'TextReader',
    security: 'LOW',
    versions: 'count',
    description: 'Text of everything that holds text',
    accepts: ['document', 'script', 'text', 'image', 'archive'],
    features: [F.language, F.lines],
    runtime: 3,
    augments: { chance: 0.5, labels: ['text'] },
  },
  {
    name: 'ScriptCleaner',
    security: undefined,
    versions: 'count',
    description: 'Undoes obfuscation',
    accepts: ['script'],
    features: [F.obfuscation, F.url],
    runtime: 8,
    augments: { chance: 0.8, labels: ['deob_js'] },
  },
  {
    name: 'Rendering',
    security: 'LOW',
    versions: 'count',
    description: 'Pictures that are safe to look at',
    accepts: ['image', 'document', 'text'],
    features: [F.entropy],
    runtime: 9,
    augments: { chance: 0.8, labels: ['safe_png', 'screenshot'] },
  },
  {
    name: 'Sandbox',
    security: 'MEDIUM',
    versions: 'date',
    description: 'Runs the file and watches it',
    accepts: undefined,
    features: [F.dropped, F.contacted, F.pid],
    runtime: 40,
    augments: { chance: 0.7, labels: ['cape_report', 'screenshot', 'pcap', 'report', 'assemblyline', 'test'] },
    maps: 0.25,
  },
];

/** A plugin in the version that runs at present. */
export interface Plugin {
  readonly spec: PluginSpec;
  /** Upgrades so far. */
  readonly release: number;
  readonly author: EventAuthor;
}

function versionOf(spec: PluginSpec, release: number): string {
  if (spec.versions === 'count') return `${1 + Math.floor(release / 10)}.${release % 10}`;
  const two = (n: number): string => String(n).padStart(2, '0');
  const month = Math.floor(release / 28);
  return `${2025 + Math.floor(month / 12)}.${two(1 + (month % 12))}.${two(1 + (release % 28))}`;
}

export function pluginRelease(spec: PluginSpec, release: number): Plugin {
  const author = { name: spec.name, version: versionOf(spec, release), category: 'plugin', security: spec.security };
  return { spec, release, author };
}

export function acceptsKind(spec: PluginSpec, kind: FormatKind): boolean {
  return spec.accepts === undefined || spec.accepts.includes(kind);
}
