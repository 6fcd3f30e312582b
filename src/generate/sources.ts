/** Who submits what, and under which labels. All combinations of these labels combine without error (spec 03 §2.4): every releasability list holds the origin. */
import type { EventAuthor, StringMap } from '../../schemas/events.js';
import { stringMap } from './publication.js';
import type { Random, Weighted } from './random.js';

export interface SampleSource {
  readonly name: string;
  readonly submitters: readonly EventAuthor[];
  readonly labels: Weighted<string | undefined>;
  readonly references: (random: Random) => StringMap | undefined;
  readonly settings: (random: Random) => StringMap | undefined;
}

function user(name: string, security?: string, version?: string): EventAuthor {
  return { name, version, category: 'user', security };
}

const ANALYSTS = [
  user('alice'),
  user('bob', 'LOW'),
  user('carol', 'MEDIUM'),
  user('dmitri'),
  user('erin', 'LOW'),
  user('farid', 'MEDIUM MOD1'),
];
const FEED: EventAuthor = { name: 'vtdownload', version: '1.1', category: 'plugin', security: 'LOW' };
const UPLOADER = user('uploader', 'LOW', '1');

const none = (): undefined => undefined;

/** Archives come with candidates for their password; the settings leave with the second path node. */
function taskingSettings(random: Random): StringMap | undefined {
  return random.chance(0.3) ? stringMap({ passwords: 'infected;malware', remove_at_depth: '2' }) : undefined;
}

const SOURCES: Weighted<SampleSource> = [
  [
    {
      name: 'virustotal',
      submitters: [FEED],
      labels: [
        ['LOW', 5],
        ['LOW TLP:GREEN', 3],
        ['LOW TLP:CLEAR', 1],
        [undefined, 1],
      ],
      references: (random) => stringMap({ submitter_id: random.hex(8), interface: random.pick(['web', 'api', 'email']) }),
      settings: none,
    },
    45,
  ],
  [
    {
      name: 'tasking',
      submitters: [...ANALYSTS, UPLOADER],
      labels: [
        ['MEDIUM', 4],
        ['MEDIUM MOD1 REL:APPLE', 3],
        ['HIGH MOD2 REL:APPLE,BEE', 2],
        ['LOW: LY TLP:AMBER', 1],
      ],
      references: none,
      settings: taskingSettings,
    },
    20,
  ],
  [
    {
      name: 's1',
      submitters: [UPLOADER, ...ANALYSTS],
      labels: [
        ['LOW', 3],
        ['LOW MOD3 TLP:AMBER', 2],
        ['MEDIUM REL:APPLE,BEE,CAR', 3],
      ],
      references: (random) =>
        stringMap({
          ref1: random.pick(['gateway', 'sensor-7', 'desk']),
          ...(random.chance(0.7) ? { ref2: `case-${random.int(1, 400)}` } : {}),
        }),
      settings: none,
    },
    14,
  ],
  [{ name: 's2', submitters: [UPLOADER], labels: [['LOW', 3], ['LOW TLP:AMBER+STRICT', 1], [undefined, 1]], references: none, settings: none }, 10], // prettier-ignore
  [
    {
      name: 'incidents',
      submitters: ANALYSTS,
      labels: [
        ['HIGH REL:APPLE,CAR', 3],
        ['HIGH MOD1 OVER REL:APPLE', 2],
        ['TOP HIGH HANOVERLAP REL:APPLE,BEE', 1],
        ['MEDIUM OVER', 1],
      ],
      references: none,
      settings: (random) => (random.chance(0.2) ? stringMap({ passwords: random.hex(6) }) : undefined),
    },
    8,
  ],
  [{ name: 'test', submitters: [user('tester', 'LOW', '1')], labels: [['LOW', 1]], references: none, settings: none }, 3],
];

export function chooseSource(random: Random): SampleSource {
  return random.weighted(SOURCES);
}

/** Another source than the named one. */
export function chooseOtherSource(random: Random, name: string): SampleSource {
  return random.weighted(SOURCES.filter(([source]) => source.name !== name));
}

/** The user who asks for downloads. */
export function chooseAnalyst(random: Random): EventAuthor {
  return random.pick(ANALYSTS);
}
