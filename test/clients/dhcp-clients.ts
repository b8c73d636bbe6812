import { type ChildProcess, spawn } from 'node:child_process';
import { requireProgram } from '../support/require.ts';
import type { DhcpStation } from './dhcp-station.ts';

export const DHCLIENT = requireProgram('dhclient', '/usr/sbin/dhclient');
export const UDHCPC = requireProgram('udhcpc', '/usr/sbin/udhcpc');

/** The argv of each in the foreground; it ends where it gets no address. */
export const udhcpc = (station: DhcpStation, ...more: readonly string[]) => [
  UDHCPC.path,
  ...['-f', '-n', '-t', '3', '-T', '2', '-i', 'eth0', '-s', station.script],
  ...more,
];
export const dhclient = (station: DhcpStation, ...more: readonly string[]) => [
  ...[DHCLIENT.path, '-4', '-1', '-d', '-cf', '/dev/null', '-sf', station.script],
  ...['-lf', station.path('leases'), '-pf', station.path('pid'), ...more, 'eth0'],
];

/** Starts a client that stays; it is ended with its namespace. */
export const start = ([command = '', ...args]: readonly string[]): ChildProcess =>
  spawn(command, args, { stdio: 'ignore' });
