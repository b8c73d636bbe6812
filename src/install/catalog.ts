import type { Catalog, CatalogClient, CatalogSubnet, Mode } from '../../netboot/catalog.ts';
import type { Answer } from '../autoinstall/response-file.ts';
import { contains, type Ipv4, ipv4FromNumber, netmaskOf, networkOf } from '../common/address.ts';
import type { Config, HostConfig, SubnetConfig } from '../config/schema.ts';
import type { PrivateNic, Vm } from '../inventory/vm.ts';
import type { Install } from './install.ts';
import { ARMED_STATES, STATE_SECONDS } from './lifecycle.ts';
import { installAnswers, passwordAccounts, upgradeAnswers } from './response.ts';

/**
 * Everything that netboot is to know: the subnets, each VM, and for an armed one its answers. An arming
 * lasts no longer than the state it belongs to, should nobody be left to end it.
 *
 * @param now milliseconds since the epoch
 */
export function catalogOf(
  config: Config,
  vms: readonly Vm[],
  installs: readonly Install[],
  now: number,
): Catalog {
  const armed = new Map(
    installs.filter(({ state, way }) => ARMED_STATES.has(state) && way === 'auto').map((i) => [i.vm, i]),
  );
  return {
    subnets: config.subnets.flatMap((subnet) => subnetEntry(subnet)),
    clients: vms.flatMap((vm) => clientEntry(config, vm, armed.get(vm.name), now)),
  };
}

function subnetEntry(subnet: SubnetConfig): readonly CatalogSubnet[] {
  if (subnet.bootAddress === undefined) return [];
  const { cidr, router, dns, leaseSeconds, bootAddress, pool, relayed } = subnet;
  const domain = subnet.domain ?? null;
  const proxy = subnet.dhcp === 'proxy';
  return [{ cidr, router, dns, domain, leaseSeconds, bootAddress, relayed, proxy, ...(pool && { pool }) }];
}

const consoleOf = ({ console, consoleSpeed }: SubnetConfig) => ({ tty: console, speed: consoleSpeed });

function clientEntry(
  config: Config,
  vm: Vm,
  install: Install | undefined,
  now: number,
): readonly CatalogClient[] {
  const subnet = subnetOfAddress(config, vm.ipv4);
  const host = config.hosts.find(({ name }) => name === vm.host);
  if (subnet?.bootAddress === undefined || host === undefined) return [];
  const client = {
    name: vm.name,
    lladdr: vm.lladdr,
    address: vm.ipv4,
    dhcp: host.dhcp === 'own' || host.dhcp === 'relay',
    hostName: vm.hostName,
    ...(vm.ipv6 === null ? {} : { ipv6: vm.ipv6 }),
  };
  if (install === undefined) return [{ ...client, armed: null }];
  const { token, mode } = install;
  const answers = answersOf(config, vm, mode);
  const passwords = passwordAccounts(vm, mode);
  return [
    {
      ...client,
      armed: {
        token,
        mode,
        release: vm.release,
        arch: vm.arch,
        answers,
        console: consoleOf(subnet),
        ...(passwords.length > 0 && { passwords }),
        until: now + STATE_SECONDS[install.state] * 1000,
      },
    },
  ];
}

/** The answers with which a VM is installed or upgraded from our own boot HTTP. */
export function answersOf(config: Config, vm: Vm, mode: Mode): readonly Answer[] {
  const subnet = subnetOfAddress(config, vm.ipv4);
  const host = config.hosts.find(({ name }) => name === vm.host);
  if (subnet?.bootAddress === undefined || host === undefined) return [];
  const context = {
    domain: subnet.domain ?? null,
    router: subnet.router,
    netmask: netmaskOf(subnet.cidr),
    consoleSpeed: subnet.consoleSpeed,
    privateAddresses: vm.nics.map((nic) => privateAddress(host, vm, nic)),
    dns: subnet.dns,
    setServer: setServerOf(subnet.bootAddress, config.netboot.httpPort),
  };
  return mode === 'install' ? installAnswers(vm, context) : upgradeAnswers(vm, context);
}

/** The address of a VM in a private network: A.B of the host's range, the network's number, the VM's id. */
export function privateAddress({ privateRange }: HostConfig, { id }: Vm, { number }: PrivateNic): Ipv4 {
  return ipv4FromNumber(networkOf(privateRange).base + number * 256 + id);
}

const setServerOf = (address: Ipv4, port: number): string =>
  port === 80 ? `http://${address}` : `http://${address}:${port}`;

/** The subnet in which an address lies; the configuration has at most one. */
export function subnetOfAddress(config: Config, address: Ipv4): SubnetConfig | undefined {
  return config.subnets.find(({ cidr }) => contains(cidr, address));
}

/** Where the driver sends an installer that found no response file by itself. */
export function responseFileUrl(config: Config, vm: Vm, install: Install): string | null {
  const address = subnetOfAddress(config, vm.ipv4)?.bootAddress;
  if (address === undefined) return null;
  return `${setServerOf(address, config.netboot.httpPort)}/r/${install.token}/${install.mode}.conf`;
}
