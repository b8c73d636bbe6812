/**
 * Every error that an operator can meet, with its way out. One row per code; the README's table of errors
 * is checked against this one.
 */
export const FIXES = {
  USAGE: 'see `puffboot COMMAND --help`',
  CONFIG_MISSING: 'copy examples/puffboot.toml and name it with -f, or set PUFFBOOT_CONFIG',
  CONFIG_INVALID: 'correct the listed keys, then run `puffboot check` again',
  STATE_UNWRITABLE: 'make the state directory writable for this user, or change stateDirectory',
  STATE_LOCKED:
    'another puffboot holds the state directory: stop it, or talk to it through its control socket',
  STATE_DAMAGED: 'restore the database from a backup; nothing was changed',
  STORE_STOPPED: 'start puffboot again; everything that was acknowledged is in the database',
  SERVE_NOT_RUNNING: 'start it with `puffboot serve`',
  SERVE_UNREACHABLE: 'look at the log of `puffboot serve`; if it hangs, stop and start it',
  CONTROL_DENIED: 'run this as a member of the group that owns the control socket',
  ADDRESS_IN_USE: 'stop the program that holds this port, or change the port in puffboot.toml',
  ADDRESS_UNAVAILABLE: 'give the interface this address first, or correct it in puffboot.toml',
  PORT_PRIVILEGED: 'start `puffboot serve` as root (it gives the privilege up), or use ports from 1024 up',
  USER_MISSING: 'create the user (useradd -s /sbin/nologin NAME), or name another in [serve]',
  LEASES_UNWRITABLE:
    'make netboot.leasesDirectory a directory of its own for the user that serve.netbootUser names',
  NETBOOT_NOT_RUNNING: 'start it on this machine with `puffboot netboot`',
  TFTPD_DIRECTORY: 'give netboot.tftpdDirectory to the user that serve.netbootUser names',
  LEASES_UNREADABLE: 'run this as root, or as a user that may read netboot.leasesDirectory',
  VM_NOT_FOUND: 'see `puffboot vm list`',
  VM_EXISTS: 'choose another name, or remove the VM first with `puffboot vm rm`',
  VM_REFUSED: 'correct the value and try again; nothing was stored',
  VM_RUNNING: 'stop it on its host with `vmctl stop NAME`, then try again',
  VM_STUCK:
    'look at its console; give it longer with `puffboot stop --timeout`, or end it with `puffboot kill NAME`',
  VMD_REFUSED: 'change on the host what the reason names, then try again',
  RETIRE_FAILED:
    'correct the cause and run `puffboot vm rm NAME` again: it goes on where it stopped; --host-gone leaves the host alone',
  JOB_NOT_FOUND: 'run the command again: VMs that are as wanted are left alone',
  POWER_ENDED: 'run the command again: VMs that are as wanted are left alone',
  VM_BUSY: 'wait for its install to end (`puffboot vm show NAME`), or cancel it with `puffboot cancel NAME`',
  HOST_NOT_FOUND: 'name a host of puffboot.toml',
  HOST_ELSEWHERE: 'give the order to that node, or correct `node` and `hosts[].node` in puffboot.toml',
  HOST_FULL: 'remove a VM there, raise its capacity, or add a host',
  HOST_COMMAND: 'run the command by hand on the host, then try again',
  HOST_LOCKED: 'wait until that one has ended; a lock that is silent for ten minutes is taken over',
  HOST_CHANGED: 'look at `puffboot plan` again, then apply',
  PLAN_REFUSED: 'put these right, then run `puffboot plan` again; nothing was changed',
  APPLY_FAILED: 'put the cause right and apply again: it goes on where it stopped',
  APPLY_STOPPED: 'start puffboot again and apply again: it goes on where it stopped',
  HOST_UNREACHABLE:
    'see that the host is up and that `ssh HOST` works for the user that puffboot runs as, then try again',
  HOST_KEY:
    'compare the key with the one on the console of the host, then put it in known_hosts (ssh-keyscan HOST, ssh-keygen -R HOST)',
  HOST_DENIED: 'put the public key of the user that puffboot runs as into authorized_keys on the host',
  FILE_REFUSED: 'change that value with `puffboot vm set` or in puffboot.toml, then render the file again',
  MARKERS_DAMAGED: 'put the BEGIN and END lines of puffboot right in that file, or remove both',
  INSTALL_FAILED:
    'look at the recording below stateDirectory/recordings, or at `puffboot vm show NAME`, which says all this again',
  INSTALL_NOT_RUNNING: 'see `puffboot vm list` for what is being installed',
  RETRY_REFUSED: 'begin anew with `puffboot install NAME`',
  WATCH_REFUSED: 'start it with `puffboot start NAME`: only a guest that runs can upgrade itself',
  SIGNIFY_KEY:
    'take it from /etc/signify of an OpenBSD system of that release or the one before it, and name it with --key',
  SITE_REFUSED: 'change the directory, then build the site set again; nothing was written',
  MIRROR_FAILED:
    'run it again, it goes on where it stopped; if the mirror has other bytes than were signed, name another one with --mirror',
  SETS_BUSY: 'wait until it is done, or stop the other one',
  SETS_UNWRITABLE: 'free space there, or make it writable for this user, then run it again',
  KERNEL_REFUSED: 'fetch the release again with `puffboot sets sync RELEASE`; nothing was put on the host',
  SETS_MISSING:
    'fetch it with `puffboot sets sync RELEASE`, or put it below the sets directory as pub/OpenBSD/RELEASE/ARCH',
  RESPONSE_FILE_INVALID: 'write one `question = answer` a line; see autoinstall(8)',
  RESPONSE_FILE_MISSING: 'name an existing response file with --answers',
  RESPONSE_FILE_FAULTY: 'correct the lines that are called errors, then run `puffboot lint` again',
  PROMPTS_MISSING: 'name an existing prompt table with --prompts',
  PROMPTS_INVALID: 'correct the listed keys, then try again; the README shows a complete table',
  PROMPTS_UNPROVEN: 'give the --answers, --location and --mode of that drive, or correct the row by hand',
  PROMPTS_UNWRITABLE: 'free space there, or name another file with --into',
  RECORDING_INVALID: 'name a recording in asciicast v2',
  RECORDING_MISSING: 'see `puffboot transcript list`',
  RECORDING_UNWRITABLE: 'free space there, or name another file',
  EVIDENCE_UNWRITABLE: 'free space there, or name another file',
  EVIDENCE_MISSING:
    'see `puffboot vm show NAME`: it is only collected where a failed install leaves a menu, a shell or ddb',
  CONSOLE_SPAWN: 'check that the command exists and may be run by this user',
  CONSOLE_REFUSED:
    'start the VM if it is stopped; if somebody holds it, ask him to leave cu(1) with ~. (`fstat | grep ttyp` on the host shows who)',
  CONSOLE_CLOSED: 'open it with `puffboot console VM`',
  CONSOLE_HELD: 'wait until it is given back, or take it over with --take',
  TERMINAL_NEEDED: 'run it in a terminal; `puffboot watch VM` shows a console without one',
  CONSOLE_CONNECT:
    'check that the console listens there (unix:/PATH or HOST:PORT) and that nobody else holds it',
  DRIVE_FAILED:
    'read the tail of the console above; correct the response file, then try again, with --standing where the installer is back at its menu or shell',
  WEB_DISABLED: 'set web.enabled = true in puffboot.toml and start `puffboot serve` again',
  WEB_NOT_BUILT: 'run `npm run build` where puffboot lies, then start it again',
  REHEARSAL_FAILED: 'run it again with --keep and look at the console in the browser',
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof FIXES;

/** An error that is told to the operator in one sentence, with the fix; never shown as a stack trace. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  readonly code: ErrorCode;

  /** @param message what happened, to which thing, with its value */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get fix(): string {
    return FIXES[this.code];
  }
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system's error name (`EADDRINUSE`), or null. */
export function errnoOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
