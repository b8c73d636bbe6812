import { remoteCommand } from './ssh-words.ts';

/** Where and as whom ssh(1) goes. What is not said here is up to its own configuration. */
export interface SshTarget {
  /** `user@host`, or a name of ssh_config(5). */
  readonly address: string;
  readonly port?: number | undefined;
  /** Private key; left out, those that ssh(1) finds by itself. */
  readonly identity?: string | undefined;
  readonly knownHosts?: string | undefined;
}

/** Nothing may ask, nothing may hang, and no line of ssh_config(5) may change what comes over the connection. */
const OPTIONS = [
  'BatchMode=yes',
  'StrictHostKeyChecking=yes',
  'UpdateHostKeys=no',
  'ConnectTimeout=15',
  'ServerAliveInterval=10',
  'ServerAliveCountMax=3',
  'ClearAllForwardings=yes',
  'ForwardAgent=no',
  'PermitLocalCommand=no',
  'RemoteCommand=none',
  'LogLevel=ERROR',
];

/** The connection that commands share. It lives as long as its standard input: the host's `cat` ends with it. */
export const masterArgv = (target: SshTarget, socket: string): readonly string[] => [
  ...sshArgv(target, ['ControlMaster=yes', `ControlPath=${pathOption(socket)}`, 'ControlPersist=no'], ['-T']),
  'cat',
];

/** A command over the shared connection. */
export const commandArgv = (
  target: SshTarget,
  socket: string,
  argv: readonly string[],
): readonly string[] => [
  ...sshArgv(target, ['ControlMaster=no', `ControlPath=${pathOption(socket)}`], ['-T']),
  remoteCommand(argv),
];

/**
 * A console: a connection of its own, so that a busy one can't hold it up, and no escape character, because `~`
 * is an answer as any other.
 * @param log where ssh(1) puts what it has to say itself
 */
export const consoleArgv = (target: SshTarget, log: string, argv: readonly string[]): readonly string[] => [
  ...sshArgv(target, ['ControlMaster=no', 'ControlPath=none'], ['-tt', '-e', 'none', '-E', log]),
  remoteCommand(argv),
];

function sshArgv(target: SshTarget, options: readonly string[], flags: readonly string[]): readonly string[] {
  const { address, port, identity, knownHosts } = target;
  return [
    'ssh',
    ...flags,
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(identity === undefined
      ? []
      : ['-o', `IdentityFile=${pathOption(identity)}`, '-o', 'IdentitiesOnly=yes']),
    ...(knownHosts === undefined ? [] : ['-o', `UserKnownHostsFile=${pathOption(knownHosts)}`]),
    ...[...OPTIONS, ...options].flatMap((option) => ['-o', option]),
    '--',
    address,
  ];
}

/** ssh_config(5) splits at blanks outside of quotes and expands `%`. */
const pathOption = (path: string): string => `"${path.replaceAll('%', '%%')}"`;

/** Longest path of a socket that bind(2) takes everywhere: sun_path has 104 bytes on OpenBSD, one for the NUL. */
const LONGEST_SOCKET = 103;
/** ssh(1) binds to a temporary name first: the path, a dot and 16 characters. */
const TEMPORARY_SUFFIX = 17;

export const fitsSocket = (path: string): boolean =>
  Buffer.byteLength(path) + TEMPORARY_SUFFIX <= LONGEST_SOCKET;
