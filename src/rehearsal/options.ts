import { parseIpv4 } from '../common/address.ts';
import { OperatorError } from '../common/error.ts';

/**
 * What may go wrong with a VM. `no-answer`: the response file arrives without its root password. `http-down`: no HTTP
 * connection comes up. `no-lease`: no DHCP answer arrives. `wrong-disk`: the response file names a disk that is not
 * there. `checksum`: a set arrives damaged. `panic`: the kernel stops in ddb(4) while sets are installed. `site-asks`:
 * the site's own script, install.site, asks a question on the console, and waits. `disk-full`: a file system is full
 * before its set is unpacked. `site-fails`: install.site ends with an error. `upgrade-stalls`: what sysupgrade(8) began
 * comes to a standstill, until the installer's watchdog reboots the machine.
 */
export const FAULTS = [
  'no-answer',
  'http-down',
  'no-lease',
  'wrong-disk',
  'checksum',
  'panic',
  'site-asks',
  'disk-full',
  'site-fails',
  'upgrade-stalls',
] as const;
export type Fault = (typeof FAULTS)[number];

/** How the simulated host's VMs reach the product, and how fast they are. */
export interface SimulationOptions {
  /** Address of the DHCP server and, as siaddr is expected to say, of boot HTTP. */
  readonly server: string;
  readonly dhcpPort: number;
  /** ROM and loader themselves always ask on port 69, the installer on port 80: the two named deviations. */
  readonly tftpPort: number;
  readonly httpPort: number;
  /** giaddr of the relay through which the VMs' DHCP arrives. */
  readonly relayAddress: string;
  readonly arch: 'amd64';
  /** Release of a ramdisk kernel that doesn't say its own. */
  readonly release: string;
  /** 1 looks genuine (an install takes some 12 s), 0 is as fast as possible. */
  readonly pace: number;
  /** True: every ramdisk kernel counts as netbooted, so that the menu's timer runs. */
  readonly netboot: boolean;
  /**
   * Machines of this host, by name, that stand for real ones: `start -b` has their PXE ROM boot from the network
   * once, whatever kernel it names. Genuine VMs of vmd(8) have no such ROM.
   */
  readonly pxe: readonly string[];
  /** VMs, by name, that ignore a request to shut down; a second list ignores vmctl's force, too. */
  readonly hung: readonly string[];
  readonly wedged: readonly string[];
  readonly faults: readonly Fault[];
}

export const DEFAULT_OPTIONS: SimulationOptions = {
  server: '127.77.0.1',
  dhcpPort: 67,
  tftpPort: 69,
  httpPort: 80,
  relayAddress: '127.77.0.254',
  arch: 'amd64',
  release: '7.6',
  pace: 1,
  netboot: false,
  pxe: [],
  hung: [],
  wedged: [],
  faults: [],
};

/** How much of a genuine waiting time (5 s at the menu, 30 s for a lease) passes: a tenth at least. */
export const waitScale = (options: SimulationOptions): number => Math.min(1, Math.max(0.1, options.pace));

type Check = (value: unknown) => boolean;
const port: Check = (value) => Number.isInteger(value) && Number(value) > 0 && Number(value) < 65536;
const address: Check = (value) => typeof value === 'string' && parseIpv4(value)?.startsWith('127.') === true;

const names: Check = (value) => Array.isArray(value) && value.every((name) => typeof name === 'string');

const CHECKS: { readonly [Key in keyof SimulationOptions]: Check } = {
  server: address,
  dhcpPort: port,
  tftpPort: port,
  httpPort: port,
  relayAddress: address,
  arch: (value) => value === 'amd64',
  release: (value) => typeof value === 'string' && /^\d{1,2}\.\d$/.test(value),
  pace: (value) => typeof value === 'number' && value >= 0 && value <= 10,
  netboot: (value) => typeof value === 'boolean',
  pxe: names,
  hung: names,
  wedged: names,
  faults: (value) => Array.isArray(value) && value.every((fault) => FAULTS.includes(fault)),
};

/**
 * Options with defaults for what is missing. Addresses lie in 127.0.0.0/8: a rehearsal never leaves the
 * machine. @throws OperatorError USAGE naming the option.
 */
export function parseOptions(input: unknown): SimulationOptions {
  if (typeof input !== 'object' || input === null) throw new OperatorError('USAGE', 'options are an object');
  const merged: Record<string, unknown> = { ...DEFAULT_OPTIONS, ...input };
  for (const [key, value] of Object.entries(merged)) {
    if (!isOption(key)) throw new OperatorError('USAGE', `no such option of a simulated host: ${key}`);
    if (!CHECKS[key](value)) throw new OperatorError('USAGE', `${key} cannot be ${JSON.stringify(value)}`);
  }
  return merged as unknown as SimulationOptions;
}

const isOption = (key: string): key is keyof SimulationOptions => key in CHECKS;
