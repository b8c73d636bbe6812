/** Where a release's files lie below a mirror's root, or below the sets directory. */
export function setDirectory(release: string, arch: string): string {
  return `pub/OpenBSD/${release}/${arch}`;
}

/** `7.6` as it stands in the names of sets: `76`. */
export function versionOf(release: string): string {
  return release.replace('.', '');
}

/** `76`, as it stands in the names of sets, as a release: `7.6`. */
export function releaseOf(version: string): string {
  return `${version.slice(0, -1)}.${version.slice(-1)}`;
}

/** The sets of a release in the order in which the installer lists them; see release(8). */
export function setNames(release: string): readonly string[] {
  const version = versionOf(release);
  const archives = ['base', 'comp', 'man', 'game', 'xbase', 'xshare', 'xfont', 'xserv'];
  return ['bsd', 'bsd.mp', 'bsd.rd', ...archives.map((name) => `${name}${version}.tgz`)];
}

/** `site76.tgz`, or `site76-web1.tgz` for one host (install.site(5)). */
export function siteSetName(release: string, host: string | null): string {
  return `site${versionOf(release)}${host === null ? '' : `-${host}`}.tgz`;
}
