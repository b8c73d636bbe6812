/**
 * Where the replaced version of a file is kept: PATH.YYYYMMDDhhmmss.puffboot.
 * @param now milliseconds since the epoch; told in UTC, so that no clock change brings a name twice
 */
export function backupName(path: string, now: number): string {
  const stamp = new Date(now).toISOString().replace(/\D/g, '').slice(0, 14);
  return `${path}.${stamp}.puffboot`;
}

/** The temporary file that is to become `path`: always the same name, so that a crash leaves one at most. */
export const temporaryName = (path: string): string => `${path}.puffboot-new`;
