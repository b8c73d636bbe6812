import { withoutComment } from './ssh-key.ts';
import type { Vm } from './vm.ts';

/** A login that a host needs for the owner of some of its VMs. */
export interface Account {
  readonly login: string;
  /** For the comment field of passwd(5). */
  readonly fullName: string;
  /** For his authorized_keys, without comments, which may carry a first password. */
  readonly keys: readonly string[];
  /** Secondary groups: what lets him use vmd's control socket. */
  readonly groups: readonly string[];
}

/**
 * The accounts of the owners of these VMs, by login. An owner of several VMs has one, with the keys of all.
 * @param vms those of one host
 * @param group the host's `socketGroup`
 */
export function accountsOf(vms: readonly Vm[], group: string): readonly Account[] {
  const owners = new Map<string, Vm[]>();
  for (const vm of vms) {
    if (vm.owner !== null) owners.set(vm.owner, [...(owners.get(vm.owner) ?? []), vm]);
  }
  return [...owners]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([login, owned]) => ({
      login,
      fullName: gecos(owned.find(({ fullName }) => fullName !== null)?.fullName ?? null, login),
      keys: [...new Set(owned.flatMap(({ sshKeys }) => sshKeys.map(withoutComment)))],
      groups: [group],
    }));
}

/**
 * A full name as the installer and useradd(8) take it: passwd(5) has colons between its fields, commas within
 * this one, and puts the login in the place of an ampersand.
 */
export function gecos(fullName: string | null, login: string): string {
  const name = (fullName ?? '').replace(/[:,&=\\]+/g, ' ').replace(/ +/g, ' ');
  return name.trim().slice(0, 100).trim() || login;
}
