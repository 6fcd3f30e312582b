/** Addresses as Python's `ipaddress` accepts them (spec 02 §4.7 "uri"). */
const DOT = 0x2e;
const ZERO = 0x30;

/** Four decimal octets without leading zeros. */
export function isIpv4(text: string): boolean {
  if (text.length < 7 || text.length > 15) return false;
  let octets = 0;
  let digits = 0;
  let value = 0;
  for (let index = 0; index <= text.length; index++) {
    const unit = index === text.length ? DOT : text.charCodeAt(index);
    if (unit === DOT) {
      if (digits === 0 || value > 255) return false;
      octets++;
      digits = value = 0;
      continue;
    }
    const digit = unit - ZERO;
    if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return false;
    value = value * 10 + digit;
    digits++;
  }
  return octets === 4;
}

const GROUP = /^[0-9a-fA-F]{1,4}$/;

function areGroups(parts: readonly string[]): boolean {
  return parts.every((part) => GROUP.test(part));
}

/** How many 16-bit groups the colon-separated list has, the last of which may be an IPv4 address of two; undefined when one is none. */
function groupCount(list: string, mayEndInIpv4: boolean): number | undefined {
  if (list === '') return 0;
  const parts = list.split(':');
  const last = parts.at(-1)!;
  if (!mayEndInIpv4 || !last.includes('.')) return areGroups(parts) ? parts.length : undefined;
  return isIpv4(last) && areGroups(parts.slice(0, -1)) ? parts.length + 1 : undefined;
}

/** Eight groups, or fewer around one `::`; the end may be an IPv4 address, a `%zone` without a further `%` may follow. */
export function isIpv6(text: string): boolean {
  const percent = text.indexOf('%');
  if (percent >= 0 && (percent === text.length - 1 || text.includes('%', percent + 1))) return false;
  const address = percent < 0 ? text : text.slice(0, percent);
  const gap = address.indexOf('::');
  if (gap < 0) return groupCount(address, true) === 8;
  const before = groupCount(address.slice(0, gap), false);
  const after = groupCount(address.slice(gap + 2), true);
  return before !== undefined && after !== undefined && before + after < 8;
}
