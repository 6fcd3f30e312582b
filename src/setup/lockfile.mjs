/** Tells whether node_modules holds what package-lock.json asks for, without asking npm (which takes seconds). */

/**
 * Names of the packages that `installed` (node_modules/.package-lock.json) lacks or has in another version than `wanted`
 * (package-lock.json). Optional packages may be absent: they belong to other platforms.
 */
export function differingPackages(wanted, installed) {
  const present = installed.packages ?? {};
  return Object.entries(wanted.packages ?? {})
    .filter(([path, entry]) => path !== '' && !entry.link && !entry.optional && !entry.devOptional)
    .filter(([path, entry]) => present[path]?.version !== entry.version)
    .map(([path]) => path);
}
