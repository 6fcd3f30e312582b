import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StackError } from './errors.js';
import { worldMayEnter } from './layout.js';

export interface ServiceUser {
  readonly uid: number;
  readonly gid: number;
}

/** Numeric ids of a user in the text of /etc/passwd. */
export function userInPasswd(passwd: string, name: string): ServiceUser | undefined {
  const fields = passwd
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.split(':');
  return fields === undefined ? undefined : { uid: Number(fields[2]), gid: Number(fields[3]) };
}

/**
 * The user under which the servers run: undefined = the caller's own. OpenSearch refuses to run as root, so root's servers run
 * as `nobody`.
 */
export function serviceUser(): ServiceUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return userInPasswd(readFileSync('/etc/passwd', 'utf8'), 'nobody') ?? { uid: 65534, gid: 65534 };
}

/** Throws when a server that runs as another user could not reach the folder. */
export function requireReachable(folder: string, user: ServiceUser | undefined, option: string): void {
  if (user === undefined || worldMayEnter(folder)) return;
  throw new StackError(
    'unreachable_folder',
    `the servers run as the user "nobody" because OpenSearch refuses to run as root, and that user cannot enter ${folder}; choose another folder with ${option}`,
  );
}

/** Makes a folder that belongs to the servers' user. */
export function makeServiceFolder(folder: string, user: ServiceUser | undefined): void {
  mkdirSync(folder, { recursive: true });
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
}

/** Lets everybody read what was installed, whatever the umask was. */
export function makeReadable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) makeReadable(path);
    else if (entry.isFile()) chmodSync(path, (statSync(path).mode & 0o111) !== 0 ? 0o755 : 0o644);
  }
}
