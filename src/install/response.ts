import { setDirectory } from '../../sets/names.ts';
import type { Answer } from '../autoinstall/response-file.ts';
import type { Ipv4 } from '../common/address.ts';
import { gecos } from '../inventory/accounts.ts';
import type { Vm } from '../inventory/vm.ts';

/** What the answers need to know besides the VM. */
export interface ResponseContext {
  readonly domain: string | null;
  readonly router: Ipv4;
  readonly netmask: Ipv4;
  /** Addresses of vio1 and further on, each in a network of 24 bits. */
  readonly privateAddresses: readonly Ipv4[];
  readonly dns: readonly string[];
  /** Bits per second of the serial port that is the console. */
  readonly consoleSpeed: number;
  /** `http://192.0.2.1`, with a port where boot HTTP is not on 80. */
  readonly setServer: string;
}

/** A password that encrypt(1) can never produce: the account has none. */
const LOCKED = '*************';

/**
 * The answers with which autoinstall(8) installs this VM. Keys are the installer's questions, in the order
 * in which it asks them; `Set name(s)` is asked again after each selection.
 */
export function installAnswers(vm: Vm, context: ResponseContext): readonly Answer[] {
  return [
    { key: 'System hostname', value: vm.hostName },
    ...networkAnswers(vm, context),
    ...(context.domain === null ? [] : [{ key: 'DNS domain name', value: context.domain }]),
    ...(context.dns.length === 0 ? [] : [{ key: 'DNS nameservers', value: context.dns.join(' ') }]),
    ...accountAnswers(vm),
    // The installer asks about the port that its own loader and kernel speak on.
    { key: 'Change the default console', value: 'yes' },
    { key: 'Which speed should', value: `${context.consoleSpeed}` },
    { key: 'What timezone are you in', value: vm.timezone },
    ...(vm.disklabel === null
      ? []
      : [{ key: 'URL to autopartitioning template for disklabel', value: vm.disklabel }]),
    { key: 'Location of sets', value: 'http' },
    { key: 'HTTP Server', value: context.setServer },
    { key: 'Server directory', value: setDirectory(vm.release, vm.arch) },
    ...vm.sets.map((value) => ({ key: 'Set name(s)', value })),
    ...siteAnswers(vm),
  ];
}

/**
 * Site sets are not in SHA256.sig, so the installer asks twice about them, and anything but yes ends the install. The
 * questions are written in full: less would also accept a bad signature. The set for this host alone is selected by
 * itself where it is on the mirror, the one for all hosts only where the VM selects it.
 */
function siteAnswers({ release, hostName, sets }: Vm): readonly Answer[] {
  const version = release.replace('.', '');
  const own = `site${version}-${hostName.split('.')[0]}.tgz`;
  const generic = `site${version}.tgz`;
  const isSelected = sets.some((pattern) => /^\+?site(\*|\d\d(\*|\.tgz))$/.test(pattern));
  const groups = isSelected ? [`${generic} ${own}`, generic, own] : [own];
  return [
    ...(isSelected ? [generic, own] : [own]).map((set) => `Checksum test for ${set} failed. Continue anyway`),
    ...groups.map((group) => `Unverified sets: ${group}. Continue without verification`),
  ].map((key) => ({ key, value: 'yes' }));
}

/**
 * The accounts that get random passwords: none without a key, behind which they are told, because a password
 * that nobody knows is no better than none.
 */
export function passwordAccounts(
  { passwords, sshKeys, owner }: Vm,
  mode: 'install' | 'upgrade',
): readonly string[] {
  if (!passwords || sshKeys.length === 0 || mode === 'upgrade') return [];
  return owner === null ? ['root'] : ['root', owner];
}

/** Answers for an unattended upgrade(8) of this VM. */
export function upgradeAnswers(vm: Vm, context: ResponseContext): readonly Answer[] {
  return [
    { key: 'Location of sets', value: 'http' },
    { key: 'HTTP Server', value: context.setServer },
    { key: 'Server directory', value: setDirectory(vm.release, vm.arch) },
    ...vm.sets.map((value) => ({ key: 'Set name(s)', value })),
    ...siteAnswers(vm),
  ];
}

/** Interfaces first, routes behind them. The host has `::1` of each VM's /64, the VM has `::2`. */
function networkAnswers(
  { ipv4, ipv4Method, ipv6, release }: Vm,
  { router, netmask, privateAddresses }: ResponseContext,
): readonly Answer[] {
  // Each interface is chosen by name; with one alone the default will do.
  const question =
    Number(release) < 7.3
      ? 'Which network interface do you wish to configure'
      : 'Network interface to configure';
  const choose = (nic: string) => (privateAddresses.length === 0 ? [] : [{ key: question, value: nic }]);
  const isStatic = ipv4Method === 'static';
  const network = ipv6?.replace(/::\/64$/, '');
  return [
    ...choose('vio0'),
    { key: 'IPv4 address for vio0', value: isStatic ? ipv4 : 'autoconf' },
    ...(isStatic ? [{ key: 'Netmask for vio0', value: netmask }] : []),
    ...(network === undefined ? [] : [{ key: 'IPv6 address for vio0', value: `${network}::2/64` }]),
    ...privateAddresses.flatMap((address, index) => [
      ...choose(`vio${index + 1}`),
      { key: `IPv4 address for vio${index + 1}`, value: address },
      { key: `Netmask for vio${index + 1}`, value: '255.255.255.0' },
    ]),
    ...(isStatic ? [{ key: 'Default IPv4 route', value: router }] : []),
    ...(network === undefined ? [] : [{ key: 'IPv6 default router', value: `${network}::1` }]),
  ];
}

/**
 * The installer takes one key for each account. Without an owner the key is root's. What follows a key's
 * second field is marked as secret, because operators hide first passwords there.
 */
function accountAnswers({ owner, fullName, sshKeys }: Vm): readonly Answer[] {
  const [key] = sshKeys;
  const rootPassword = { key: 'Password for root account', value: LOCKED };
  if (owner === null) {
    return [
      rootPassword,
      ...(key === undefined ? [] : [{ key: 'Public ssh key for root account', value: key, secret: true }]),
      { key: 'Allow root ssh login', value: 'prohibit-password' },
    ];
  }
  return [
    rootPassword,
    { key: 'Setup a user', value: owner },
    { key: `Full name for user ${owner}`, value: gecos(fullName, owner) },
    { key: `Password for user ${owner}`, value: LOCKED },
    ...(key === undefined ? [] : [{ key: `Public ssh key for user ${owner}`, value: key, secret: true }]),
    { key: 'Allow root ssh login', value: 'no' },
  ];
}
