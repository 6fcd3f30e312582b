/** The environment of a server: nothing of the caller's but the path, so that a stack behaves the same whoever starts it. */
export function serverEnvironment(folder: string, extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: folder, LANG: 'C.UTF-8', ...extra };
}
