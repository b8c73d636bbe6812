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
  /** URL of /etc/installurl; absent where the sets came from elsewhere. */
  readonly installUrl?: string;
  /** What sysupgrade(8) left for the loader; null once it is done. */
  readonly upgrade?: PendingUpgrade | null;
}

/** /bsd.upgrade, /auto_upgrade.conf and /home/_sysupgrade. */
export interface PendingUpgrade {
  readonly release: string;
  /** The loader takes /bsd.upgrade while it is executable, and makes it so no longer: it is tried once. */
  readonly executable: boolean;
  /** As `InstalledSystem.sets`. */
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
