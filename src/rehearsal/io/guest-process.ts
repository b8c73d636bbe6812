import { closeSync, constants, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { spawn } from 'node-pty';
import type { GuestParameters } from './guest-parameters.ts';

/** A running VM's process and its console. */
export interface GuestProcess {
  readonly pid: number;
  /** Takes the console; false while somebody else has it. */
  attach(viewer: ConsoleViewer): boolean;
  detach(viewer: ConsoleViewer): void;
  /** Makes whoever has the console leave it; false where nobody has it. */
  hangUp(): boolean;
  write(bytes: Uint8Array): void;
  /** Asks it to shut down, or ends it. */
  stop(force: boolean): void;
  /** Resolves once it is gone and its last output was delivered. */
  readonly ended: Promise<void>;
}

export interface ConsoleViewer {
  output(bytes: Uint8Array): void;
  /** The VM is gone, and its tty with it. */
  ended(): void;
}

/** How long the slave stays open behind the process, so that its last bytes can still be read. */
const DRAIN_MILLISECONDS = 200;

const PROGRAM = fileURLToPath(new URL('./guest.js', import.meta.url));

/** Starts a VM. Its output is read all the time, and dropped while nobody is attached, as vmd(8) does. */
export function startGuest(parameters: GuestParameters): GuestProcess {
  const pty = spawn(process.execPath, [PROGRAM, JSON.stringify(parameters)], {
    name: 'vt220',
    cols: 80,
    rows: 24,
    encoding: null,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', TERM: 'vt220' },
  });
  const slave = '_pty' in pty && typeof pty._pty === 'string' ? pty._pty : null;
  const held = slave === null ? null : openSync(slave, constants.O_RDWR | constants.O_NOCTTY);
  let viewer: ConsoleViewer | null = null;
  pty.onData((data) => viewer?.output(Buffer.from(data)));
  const ended = new Promise<void>((resolve) => {
    pty.onExit(() => {
      setTimeout(() => {
        if (held !== null) closeSync(held);
        viewer?.ended();
        viewer = null;
        resolve();
      }, DRAIN_MILLISECONDS);
    });
  });
  return {
    pid: pty.pid,
    attach: (wanted) => {
      if (viewer !== null) return false;
      viewer = wanted;
      return true;
    },
    detach: (leaving) => {
      if (viewer === leaving) viewer = null;
    },
    hangUp: () => {
      const leaving = viewer;
      viewer = null;
      leaving?.ended();
      return leaving !== null;
    },
    write: (bytes) => pty.write(Buffer.from(bytes)),
    stop: (force) => {
      try {
        process.kill(pty.pid, force ? 'SIGKILL' : 'SIGTERM');
      } catch {
        // It ended by itself meanwhile.
      }
    },
    ended,
  };
}
