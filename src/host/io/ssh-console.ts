import { readFileSync, rmSync } from 'node:fs';
import { deferred } from '../../common/deferred.ts';
import { messageOf } from '../../common/error.ts';
import type { Line, LineEnd } from '../../common/line.ts';
import { consoleArgv, type SshTarget } from '../ssh-argv.ts';
import { AGAIN_AFTER, isTurnedAway, sshTrouble } from '../ssh-trouble.ts';
import type { Gate } from './gate.ts';

export interface SshConsoleParts {
  readonly host: string;
  readonly target: SshTarget;
  readonly env: Readonly<Record<string, string>>;
  readonly openPty: (
    argv: readonly string[],
    options: { readonly env: Readonly<Record<string, string>> },
  ) => Line;
  /** Lets no more connections begin at once than sshd(8) takes. */
  readonly gate: Gate;
  /** A file that nobody else uses. */
  readonly log: string;
}

/** ssh(1)'s own exit status; what it ran over there has every other. */
const SSH_FAILED = 255;
/** A command that prints nothing has surely logged in by then. Milliseconds. */
const LOGGED_IN_AFTER = 20_000;
/** What may be typed before the console has said anything: ssh(1) has not made its terminal raw before. Bytes. */
const MAX_EARLY = 64 * 1024;

/**
 * A console of a host behind ssh(1). Where sshd(8) turns the connection away before anything was begun, it is
 * tried again after growing pauses; a connection that is lost later ends the line, and says so.
 */
export function openSshConsole(parts: SshConsoleParts, argv: readonly string[]): Line {
  return new SshConsole(parts, argv);
}

class SshConsole implements Line {
  readonly title: string;
  readonly closed: Promise<LineEnd>;
  readonly #parts: SshConsoleParts;
  readonly #argv: readonly string[];
  readonly #end = deferred<LineEnd>();
  readonly #listeners = new Set<(bytes: Uint8Array) => void>();
  #line: Line | null = null;
  #early: Uint8Array[] = [];
  #spoken = false;
  #closing = false;
  #wake: () => void = () => undefined;

  constructor(parts: SshConsoleParts, argv: readonly string[]) {
    this.#parts = parts;
    this.#argv = consoleArgv(parts.target, parts.log, argv);
    this.title = `ssh ${parts.target.address} ${argv.join(' ')}`;
    this.closed = this.#end.promise;
    void this.#run().then(
      (end) => this.#finish(end),
      (error) => this.#finish({ exitCode: null, signal: null, lost: messageOf(error) }),
    );
  }

  onOutput(listener: (bytes: Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  write(bytes: Uint8Array): void {
    if (this.#line !== null && this.#spoken) {
      this.#line.write(bytes);
      return;
    }
    const waiting = this.#early.reduce((sum, { length }) => sum + length, 0);
    if (waiting + bytes.length <= MAX_EARLY) this.#early.push(Uint8Array.from(bytes));
  }

  close(): void {
    this.#closing = true;
    this.#wake();
    this.#line?.close();
  }

  async #run(): Promise<LineEnd> {
    for (const pause of [...AGAIN_AFTER, null]) {
      const end = await this.#connect();
      if (end === null || this.#closing) return end ?? { exitCode: null, signal: null };
      const said = this.#said();
      if (end.exitCode !== SSH_FAILED) return end;
      const again = !this.#spoken && isTurnedAway(said) && pause !== null;
      if (!again)
        return { ...end, lost: sshTrouble(this.#parts.host, this.#parts.target.address, said).message };
      await this.#sleep(pause);
    }
    return { exitCode: null, signal: null };
  }

  /** @returns null when it was closed before its turn came */
  async #connect(): Promise<LineEnd | null> {
    const leave = await this.#parts.gate.enter();
    const late = setTimeout(leave, LOGGED_IN_AFTER);
    try {
      if (this.#closing) return null;
      rmSync(this.#parts.log, { force: true });
      const line = this.#parts.openPty(this.#argv, { env: this.#parts.env });
      this.#line = line;
      line.onOutput((bytes) => {
        this.#spoken = true;
        leave();
        for (const early of this.#early.splice(0)) line.write(early);
        for (const listener of [...this.#listeners]) listener(bytes);
      });
      return await line.closed;
    } finally {
      this.#line = null;
      clearTimeout(late);
      leave();
    }
  }

  #said(): string {
    try {
      return readFileSync(this.#parts.log, 'utf8');
    } catch {
      return '';
    }
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #finish(end: LineEnd): void {
    rmSync(this.#parts.log, { force: true });
    this.#end.resolve(end);
  }
}
