/** The features that the sample's plugins find, of every type of spec 01 §9, by name. */
import type { FeatureType } from '../../schemas/enums.js';
import type { BinaryEntityFeature } from '../../schemas/events.js';
import type { Random } from './random.js';

interface FoundValue {
  readonly value: string;
  readonly label?: string;
  readonly offset?: number;
  readonly size?: number;
}

export interface FeatureSpec {
  readonly name: string;
  readonly type: FeatureType;
  readonly desc: string;
  /** Fewest and most values that one run finds. */
  readonly count: readonly [low: number, high: number];
  readonly find: (random: Random) => FoundValue;
}

const SECTIONS = ['.text', '.data', '.rdata', '.rsrc', '.reloc', 'UPX0', 'overlay'];
const LIBRARIES = ['kernel32.dll', 'user32.dll', 'ws2_32.dll', 'advapi32.dll', 'wininet.dll', 'ntdll.dll', 'libc.so.6'];
const FUNCTIONS = [
  'CreateRemoteThread',
  'VirtualAllocEx',
  'RegSetValueExA',
  'InternetOpenUrlW',
  'send',
  'GetProcAddress',
  'NtUnmapViewOfSection',
];
const FAMILIES = ['emotet', 'qakbot', 'njrat', 'agenttesla', 'lokibot', 'mirai', 'cobaltstrike', 'formbook'];
const SCANNERS = ['av-one', 'av-two', 'clam', 'sentry', 'kfence'];
const TECHNIQUES = ['T1055', 'T1547.001', 'T1027', 'T1105', 'T1071.001', 'T1059.003'];
const DOMAINS = ['example.com', 'example.net', 'example.org', 'cdn.example.com', 'bücher.example'];
const FOLDERS = ['C:\\Users\\admin\\AppData\\Roaming', 'C:\\Windows\\Temp', '/tmp', '/usr/lib', 'word/media', '\\\\srv01\\share'];

function host(random: Random): string {
  return random.chance(0.4) ? ipv4(random) : `${random.hex(5)}.${random.pick(DOMAINS)}`;
}

function ipv4(random: Random): string {
  return `203.0.${random.int(0, 255)}.${random.int(1, 254)}`;
}

function url(random: Random): string {
  const kind = random.int(0, 9);
  if (kind < 5) return `http://${host(random)}/${random.hex(4)}/gate.php?id=${random.int(1, 9999)}`;
  if (kind < 7) return `https://user:pw@${host(random)}:8443/${random.hex(6)};v=1?q=${random.hex(2)}#f`;
  if (kind < 9) return `${host(random)}:${random.int(1, 65535)}`;
  return `tcp://[2001:db8::${random.hex(2)}]:${random.int(1, 65535)}/`;
}

/** RFC 3339; half of the makers of these values write a fraction. */
function date(random: Random): string {
  const two = (low: number, high: number): string => String(random.int(low, high)).padStart(2, '0');
  const fraction = random.chance(0.5) ? '' : `.${random.pick(['000000', '250000', '123'])}`;
  return `20${two(9, 25)}-${two(1, 12)}-${two(1, 28)}T${two(0, 23)}:${two(0, 59)}:${two(0, 59)}${fraction}Z`;
}

function path(random: Random): string {
  const folder = random.pick(FOLDERS);
  return `${folder}${folder.includes('\\') ? '\\' : '/'}${random.hex(6)}.${random.pick(['dll', 'exe', 'so', 'bin', 'vbs'])}`;
}

function place(random: Random): { offset: number; size: number } {
  return { offset: random.int(0, 500_000), size: random.int(1, 4096) };
}

function spec(name: string, type: FeatureType, desc: string, count: FeatureSpec['count'], find: FeatureSpec['find']): FeatureSpec {
  return { name, type, desc, count, find };
}

export const FILENAME = spec('filename', 'filepath', 'Name under which the file was found', [1, 2], (r) => ({ value: path(r) }));
export const MAGIC = spec('magic', 'string', 'Magic of the file', [1, 1], (r) => ({ value: `data, version ${r.int(1, 9)}` }));

export const FEATURES = {
  entropy: spec('entropy', 'float', 'Shannon entropy in bits per byte', [1, 1], (r) => ({ value: (r.int(0, 80_000) / 10_000).toFixed(4) })),
  sectionEntropy: spec('section_entropy', 'float', 'Entropy of a section', [3, 9], (r) => ({
    value: r.chance(0.1) ? '5.0' : String(r.int(0, 8000) / 1000),
    label: r.pick(SECTIONS),
    ...place(r),
  })),
  sectionSize: spec('pe_section_size', 'integer', 'Size of a section in bytes', [4, 12], (r) => ({
    value: String(r.int(0, 900_000)),
    label: r.pick(SECTIONS),
    ...place(r),
  })),
  import: spec('pe_import', 'string', 'Imported function', [12, 64], (r) => ({
    value: `${r.pick(LIBRARIES)}!${r.pick(FUNCTIONS)}_${r.hex(2)}`,
  })),
  compileTime: spec('pe_compile_time', 'datetime', 'Time stamp of the linker', [1, 1], (r) => ({ value: date(r), offset: 136, size: 4 })),
  entryPoint: spec('pe_entry_point', 'integer', 'Address of the entry point', [1, 1], (r) => ({ value: String(r.int(4096, 2 ** 31)) })),
  importHash: spec('pe_imphash', 'string', 'Hash over the imports', [1, 1], (r) => ({ value: r.hex(32) })),
  rule: spec('yara_rule', 'string', 'Name of a rule that hit', [2, 12], (r) => ({
    value: `${r.pick(FAMILIES)}_${r.int(1, 60)}`,
    label: 'public',
  })),
  match: spec('yara_match', 'binary', 'Bytes that a rule matched', [6, 30], (r) => ({
    value: r.base64(r.int(2, 12) * 4),
    label: `$s${r.int(0, 12)}`,
    ...place(r),
  })),
  url: spec('c2_url', 'uri', 'Address that the sample talks to', [2, 18], (r) => ({ value: url(r), offset: r.int(0, 500_000) })),
  email: spec('email', 'uri', 'Mail address in the strings', [0, 6], (r) => ({ value: `mailto:${r.hex(4)}@${r.pick(DOMAINS)}` })),
  address: spec('ip_address', 'string', 'Address in the strings', [1, 14], (r) => ({
    value: ipv4(r),
    offset: r.int(0, 500_000),
    size: 12,
  })),
  archiveEntry: spec('archive_entry', 'filepath', 'Path inside of the archive', [4, 30], (r) => ({ value: path(r) })),
  password: spec('archive_password', 'string', 'Password that opened the archive', [0, 1], (r) => ({
    value: r.pick(['infected', 'malware', 'пароль', '1234']),
  })),
  macro: spec('macro_name', 'string', 'Name of a macro', [1, 12], (r) => ({
    value: r.pick(['AutoOpen', 'Document_Open', 'Workbook_Open']),
    label: r.hex(4),
  })),
  created: spec('document_created', 'datetime', 'Time of creation by its metadata', [1, 2], (r) => ({ value: date(r) })),
  author: spec('document_author', 'string', 'Author by its metadata', [1, 2], (r) => ({
    value: r.pick(['admin', 'Пользователь', 'User', '田中', 'J. Doe']),
  })),
  notBefore: spec('cert_not_before', 'datetime', 'Start of validity', [2, 8], (r) => ({ value: date(r) })),
  serial: spec('cert_serial', 'binary', 'Serial number', [2, 8], (r) => ({ value: r.base64(16) })),
  subject: spec('cert_subject', 'string', 'Subject', [2, 8], (r) => ({ value: `C=AU,O=${r.pick(FAMILIES)} pty,CN=${r.hex(4)}` })),
  capability: spec('capability', 'string', 'What the code can do', [10, 40], (r) => ({
    value: `${r.pick(['encrypt', 'read', 'enumerate', 'inject into'])} ${r.pick(['files', 'registry', 'process', 'clipboard'])}`,
    label: r.pick(TECHNIQUES),
    offset: r.int(0, 500_000),
  })),
  port: spec('c2_port', 'integer', 'Port that the sample talks to', [1, 2], (r) => ({ value: String(r.int(1, 65535)) })),
  mutex: spec('mutex', 'string', 'Name of a mutex', [1, 8], (r) => ({ value: `Global\\${r.hex(8)}` })),
  campaign: spec('campaign', 'string', 'Campaign by the configuration', [1, 1], (r) => ({ value: `${r.pick(FAMILIES)}-${r.int(1, 40)}` })),
  key: spec('config_key', 'binary', 'Key of the configuration', [1, 1], (r) => ({ value: r.base64(24), ...place(r) })),
  verdict: spec('av_label', 'string', 'Verdict of a scanner', [8, 34], (r) => ({
    value: `Trojan.${r.pick(FAMILIES)}.${r.hex(3)}`,
    label: r.pick(SCANNERS),
  })),
  ratio: spec('detection_ratio', 'float', 'Share of scanners with a verdict', [1, 1], (r) => ({
    value: r.pick(['1.0', '5e-01', '0.25', '0.875', '0.03125']),
  })),
  firstSeen: spec('first_seen', 'datetime', 'First submission anywhere', [1, 1], (r) => ({ value: date(r) })),
  dropped: spec('dropped_file', 'filepath', 'File written while running', [2, 20], (r) => ({ value: path(r) })),
  contacted: spec('contacted_host', 'uri', 'Host contacted while running', [2, 24], (r) => ({ value: host(r) })),
  pid: spec('process_count', 'integer', 'Processes started', [1, 1], (r) => ({ value: String(r.int(1, 40)) })),
  language: spec('text_language', 'string', 'Language of the text', [1, 3], (r) => ({
    value: r.pick(['english', 'russian', 'german', '中文']),
  })),
  lines: spec('text_lines', 'integer', 'Number of lines', [1, 1], (r) => ({ value: String(r.int(1, 20_000)) })),
  obfuscation: spec('script_obfuscation', 'float', 'Share of obfuscated code', [1, 1], (r) => ({ value: String(r.int(0, 1000) / 1000) })),
  packer: spec('packer', 'string', 'Packer by its traces', [1, 1], (r) => ({ value: r.pick(['UPX 3.96', 'Themida', 'none', 'ASPack']) })),
} as const satisfies Record<string, FeatureSpec>;

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareFeatures(a: BinaryEntityFeature, b: BinaryEntityFeature): number {
  return compare(a.name, b.name) || compare(a.value, b.value) || compare(a.label ?? '', b.label ?? '');
}

/** The features of one run, in the order in which the plugin runner leaves them (spec 01 §9.1). */
export function findFeatures(random: Random, specs: readonly FeatureSpec[]): BinaryEntityFeature[] {
  const features: BinaryEntityFeature[] = [];
  for (const { name, type, count, find } of specs) {
    for (let left = random.int(count[0], count[1]); left > 0; left--) {
      const { value, label, size, offset } = find(random);
      // The wire has no zero offset: 0 reads back as absent.
      features.push({ name, value, type, label, size: size || undefined, offset: offset || undefined });
    }
  }
  return features.sort(compareFeatures);
}
