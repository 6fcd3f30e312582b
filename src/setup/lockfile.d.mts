interface Lockfile {
  readonly packages?: Readonly<Record<string, { readonly version?: string; readonly link?: boolean; readonly optional?: boolean }>>;
}

export function differingPackages(wanted: Lockfile, installed: Lockfile): string[];
