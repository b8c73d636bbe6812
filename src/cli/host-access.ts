import { hostname } from 'node:os';
import { join } from 'node:path';
import { openPty } from '../../console/io/pty.ts';
import type { HostConfig } from '../config/schema.ts';
import type { HostAccess } from '../host/access.ts';
import { localAccess } from '../host/io/local-access.ts';
import { sshAccess } from '../host/io/ssh-access.ts';
import { type HostService, type HostServiceParts, openHostService } from '../install/io/host-service.ts';
import { SYSTEM_CLOCK } from '../io/clock.ts';
import { rehearsalAccess } from '../rehearsal/io/rehearsal-access.ts';
import { keyringOf } from './sets/options.ts';

/** The ways to all hosts. */
export interface Hosts {
  /** One for each host, the same each time: what is kept open is shared. */
  readonly accessOf: (host: HostConfig) => HostAccess;
  close(): Promise<void>;
}

/** @param stateDirectory where sockets of ssh(1) lie */
export function openHosts(stateDirectory: string): Hosts {
  const open = new Map<string, HostAccess>();
  return {
    accessOf(host) {
      const access = open.get(host.name) ?? openAccess(host, stateDirectory);
      open.set(host.name, access);
      return access;
    },
    async close() {
      await Promise.all([...open.values()].map((access) => access.close()));
    },
  };
}

function openAccess(host: HostConfig, stateDirectory: string): HostAccess {
  const { PATH = '/usr/bin:/bin:/usr/sbin:/sbin', HOME = '/' } = process.env;
  const { become, root } = host;
  const now = () => SYSTEM_CLOCK.now();
  const env = { PATH, HOME, LANG: 'C', LC_ALL: 'C' };
  switch (host.access) {
    case 'rehearsal':
      return rehearsalAccess({ root: root ?? '/', become, now, openPty });
    case 'local':
      return localAccess({ become, env, now, openPty });
    case 'ssh': {
      const { SSH_AUTH_SOCK: agent } = process.env;
      return sshAccess({
        host: host.name,
        target: {
          address: host.address ?? host.name,
          port: host.sshPort,
          identity: host.sshIdentity,
          knownHosts: host.sshKnownHosts,
        },
        become,
        env: agent === undefined ? env : { ...env, SSH_AUTH_SOCK: agent },
        // Root must not make what the user as whom `serve` works could then not use.
        directory: join(stateDirectory, process.getuid?.() === 0 ? 'ssh-root' : 'ssh'),
        now,
        openPty,
      });
    }
  }
}

/** The service that plans and changes hosts, as this puffboot: in `serve`, or in a command that runs without it. */
export function hostService(
  parts: Pick<HostServiceParts, 'config' | 'store' | 'accessOf' | 'log'>,
): HostService {
  const { node, stateDirectory } = parts.config;
  return openHostService({
    ...parts,
    keyDirectories: keyringOf(parts.config, undefined).directories,
    holder: `${node}@${hostname()}:${stateDirectory}`,
    clock: SYSTEM_CLOCK,
  });
}
