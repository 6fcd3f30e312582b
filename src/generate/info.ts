/**
 * Texts of `info`. They are written by hand because number lexemes are data (spec 02 §4.9): `5.0` must not become `5`.
 */
import type { JsonText } from '../../schemas/events.js';
import { makeSsdeep, makeTlsh } from './samples.js';
import type { Random } from './random.js';

const THOUSANDTHS: readonly string[] = Array.from({ length: 8001 }, (_, n) => pythonFloat(n / 1000));

/** As Python prints it: an integral value keeps its `.0`. */
function pythonFloat(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** A walk between 0 and 8 that stays on a level for some blocks, as sections do. At times too short for a vector (spec 02 §4.6). */
export function entropyInfo(random: Random): JsonText {
  const count = random.chance(0.12) ? random.int(1, 39) : random.int(40, 110);
  const blocks: string[] = [];
  let level = random.int(0, 8000);
  for (let at = 0; at < count; at++) {
    if (random.chance(0.1)) level = random.int(0, 8000);
    blocks.push(THOUSANDTHS[Math.min(8000, Math.max(0, level + random.int(-300, 300)))]!);
  }
  return `{"entropy":{"overall":${THOUSANDTHS[level]!},"block_size":${256 * count},"block_count":${count},"blocks":[${blocks.join(',')}]}}`;
}

export function peInfo(random: Random): JsonText {
  const sections = ['.text', '.data', '.rsrc'].map(
    (name) => `{"name":"${name}","entropy":${THOUSANDTHS[random.int(0, 8000)]!},"raw":${random.int(0, 99_999)},"flags":["r",null]}`,
  );
  return `{"pe":{"machine":"${random.pick(['AMD64', 'I386'])}","image_base":${random.pick(['4194304', '5368709120', '18446744073709551615'])},"signed":${String(random.chance(0.2))},"sections":[${sections.join(',')}],"overlay":{}}}`;
}

export function documentInfo(random: Random): JsonText {
  return `{"exif":{"Title":"${random.pick(['Quarterly figures', 'Счёт', 'a \\"quoted\\" title', 'naïve <b>'])}","Pages":${random.int(1, 40)},"Zoom":${pythonFloat(random.int(1, 12) / 2)},"Keywords":[],"Company":null}}`;
}

export function similarityInfo(random: Random): JsonText {
  return `{"ssdeep":"${makeSsdeep(random, random.int(100, 100_000))}","tlsh":"${makeTlsh(random)}"}`;
}

export function capabilityInfo(random: Random): JsonText {
  const matches = Array.from(
    { length: random.int(1, 4) },
    () => `[${random.int(4096, 99_999)},{"rule":"r${random.int(1, 99)}","score":${random.pick(['1e-07', '1.0', '0.5', '1E3', '-0.0'])}}]`,
  );
  return `{"capa":{"version":"7.0","matches":[${matches.join(',')}]}}`;
}

export function configInfo(random: Random): JsonText {
  return `{"config":{"interval":${pythonFloat(random.int(1, 60))},"install":${String(random.chance(0.5))},"hosts":["${random.hex(6)}.example.net"],"id":${random.int(1, 9)}${random.int(10 ** 8, 10 ** 9 - 1)}${random.int(10 ** 8, 10 ** 9 - 1)}}}`;
}
