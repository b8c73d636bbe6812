import type { ImageFormat } from './vmctl.ts';

/** What stands on a simulated disk: small JSON instead of sectors. */
export interface DiskImage {
  readonly format: ImageFormat;
  readonly sizeMiB: number;
  readonly installed: InstalledSystem | null;
}

export interface InstalledSystem {
  readonly release: string;
  /** With its domain. */
  readonly hostName: string;
  readonly timezone: string;
  readonly users: readonly string[];
  readonly sshd: boolean;
  /** False: the installer was told to leave the console alone, so com0 stays silent. */
  readonly serialConsole: boolean;
  /** Fingerprint of the ED25519 host key, made at the first boot; null before it. */
  readonly hostKey: string | null;
  /** Each installed file with its SHA256 in hexadecimal. */
  readonly sets: Readonly<Record<string, string>>;
}

export const renderDiskImage = (image: DiskImage): string => `${JSON.stringify(image, null, 2)}\n`;

/** @returns null for anything that isn't one of our images. */
export function parseDiskImage(text: string): DiskImage | null {
  try {
    const image: unknown = JSON.parse(text);
    return isDiskImage(image) ? image : null;
  } catch {
    return null;
  }
}

function isDiskImage(value: unknown): value is DiskImage {
  return (
    typeof value === 'object' &&
    value !== null &&
    'format' in value &&
    (value.format === 'raw' || value.format === 'qcow2') &&
    'sizeMiB' in value &&
    typeof value.sizeMiB === 'number' &&
    'installed' in value &&
    typeof value.installed === 'object'
  );
}
