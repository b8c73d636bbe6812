import { parseResponseFile } from '../../autoinstall/response-file.ts';
import type { Lease } from '../dhcp-client.ts';
import type { PendingUpgrade } from '../disk-image.ts';
import { findResponseFile } from './autoinstall.ts';
import { type Board, Interrupted } from './board.ts';
import { Panicked, runDebugger } from './debugger.ts';
import { type Mode, runInstaller } from './install.ts';
import { bootRamdisk, bootUpgrade } from './kernel.ts';
import { haltTexts, rebootTexts } from './power.ts';
import type { Ramdisk } from './ramdisk-commands.ts';
import { Aborted, Session } from './session.ts';
import { WatchdogBarked } from './set-disk.ts';
import { runShell } from './shell.ts';

/** Where .profile goes next. */
type Next = 'menu' | 'shell' | 'reboot';

const MENU = '(I)nstall, (U)pgrade, (A)utoinstall or (S)hell? ';

/** From the ramdisk kernel's first line until it reboots. */
export async function runRamdisk(board: Board, release: string): Promise<void> {
  await board.terminal('off');
  await bootRamdisk(board, release);
  await board.pause(0.2);
  await untilReboot(board, new Profile(board, release), board.facts.netbooted);
}

/** /auto_upgrade.conf of sysupgrade(8); autoinstall adds the disk that it was found on. */
const AUTO_UPGRADE = `Location of sets = disk
Pathname to the sets = /home/_sysupgrade/
Set name(s) = done
Directory does not contain SHA256.sig. Continue without verification = yes
Which disk is the root disk = sd0
`;

/** The same for the kernel that sysupgrade(8) left: `autoinstall -x` finds its answers on the disk, and begins. */
export async function runUpgrade(board: Board, { release }: PendingUpgrade): Promise<void> {
  await bootUpgrade(board, release);
  await board.pause(0.2);
  const profile = new Profile(board, release);
  try {
    if ((await profile.upgradeUnattended(AUTO_UPGRADE)) === 'reboot') return;
  } catch (error) {
    if (!(error instanceof WatchdogBarked)) throw error;
    board.print('WATCHDOG\n');
    return rebootTexts(board);
  }
  await untilReboot(board, profile, false);
}

async function untilReboot(board: Board, profile: Profile, netbooted: boolean): Promise<void> {
  let timer = netbooted;
  try {
    for (;;) {
      const next = await profile.login(timer);
      timer = false;
      if (next === 'reboot' || (await runShell(board, profile.ramdisk)) === 'reboot') break;
    }
  } catch (error) {
    if (!(error instanceof Panicked)) throw error;
    await runDebugger(board, error.message);
  }
}

/** .profile of the ramdisk, and what its programs leave behind. */
class Profile {
  readonly #board: Board;
  readonly #release: string;
  readonly #files: Record<string, string> = {};
  #lease: Lease | null = null;
  #labelled = false;

  constructor(board: Board, release: string) {
    this.#board = {
      ...board,
      requestLease: async (client) => {
        this.#lease = await board.requestLease(client);
        return this.#lease;
      },
    };
    this.#release = release;
  }

  get ramdisk(): Ramdisk {
    return { release: this.#release, files: this.#files, lease: this.#lease, labelled: this.#labelled };
  }

  /** init(8) runs the shell, which runs .profile. */
  async login(timer: boolean): Promise<'shell' | 'reboot'> {
    const board = this.#board;
    await this.#welcome();
    await board.terminal('lines');
    let seconds = timer ? 5 : undefined;
    if (timer) board.print('Starting non-interactive mode in 5 seconds...\n');
    for (;;) {
      try {
        const next = await this.#menu(seconds);
        if (next !== 'menu') return next;
      } catch (error) {
        // ^C at the menu ends the shell, and init(8) starts another one.
        if (!(error instanceof Interrupted)) throw error;
        board.print('\n');
      }
      seconds = undefined;
    }
  }

  async #welcome(): Promise<void> {
    const board = this.#board;
    board.print('erase ^?, werase ^W, kill ^U, intr ^C, status ^T\n\n');
    board.print(`Welcome to the OpenBSD/${board.facts.arch} ${this.#release} installation program.\n`);
    await board.pause(0.3);
  }

  /** @throws WatchdogBarked */
  async upgradeUnattended(responseFile: string): Promise<'failed' | 'reboot'> {
    const board = this.#board;
    await this.#welcome();
    board.print('Performing non-interactive upgrade...\n');
    const answers = parseResponseFile(responseFile, '/auto_upgrade.conf');
    if (await this.#complete(new Session(board, this.#release, answers), 'upgrade', '')) {
      await rebootTexts(board);
      return 'reboot';
    }
    board.print('failed; check /tmp/ai/ai.log\n');
    return 'failed';
  }

  async #menu(seconds: number | undefined): Promise<Next> {
    const board = this.#board;
    board.print(MENU);
    const answer = await board.readLine(seconds);
    if (answer === null) board.print('\n');
    const choice = answer === null ? 'a' : answer.trim().charAt(0).toLowerCase();
    if (choice === 's') return 'shell';
    if (choice === 'a') return this.#byItself();
    if (choice === 'i') return this.#byHand('install');
    if (choice === 'u') return this.#byHand('upgrade');
    return 'menu';
  }

  /** After a question was asked by hand, failing leads to the shell instead of the menu. */
  async #byItself(): Promise<Next> {
    const board = this.#board;
    try {
      const found = await findResponseFile(board, this.#release);
      if (found === null) {
        board.print('No response file found; non-interactive mode aborted.\n\n');
        return 'shell';
      }
      board.print(`Performing non-interactive ${found.mode}...\n`);
      await board.pause(0.2);
      const session = new Session(board, this.#release, found.answers);
      if (await this.#complete(session, found.mode, found.hostName)) {
        await rebootTexts(board);
        return 'reboot';
      }
      board.print('failed; check /tmp/ai/ai.log\n');
      if (!found.askedByHand) return 'menu';
      board.print('\n');
      return 'shell';
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      board.print('\n');
      return 'shell';
    }
  }

  async #complete(session: Session, mode: Mode, hostName: string): Promise<boolean> {
    try {
      await runInstaller(session, mode, hostName);
      return true;
    } catch (error) {
      if (error instanceof Aborted) return false;
      throw error;
    } finally {
      // The genuine log is filtered: of a line that was drawn over, only the last state is kept.
      this.#files['/tmp/ai/ai.log'] = session.log.replace(/[^\n]*\r/g, '');
      this.#keep(session, mode);
    }
  }

  #keep(session: Session, mode: Mode): void {
    this.#files[`/tmp/i/${mode}.resp`] = session.answers;
    this.#labelled ||= session.labelled;
  }

  async #byHand(mode: Mode): Promise<Next> {
    const board = this.#board;
    const session = new Session(board, this.#release, null);
    try {
      await runInstaller(session, mode, '');
      for (;;) {
        const answer = await session.ask('Exit to (S)hell, (H)alt or (R)eboot?', 'reboot');
        if (/^s/i.test(answer)) {
          board.print("To boot the new system, enter 'reboot' at the command prompt.\n\n");
          return 'shell';
        }
        if (/^r/i.test(answer)) {
          await rebootTexts(board);
          return 'reboot';
        }
        if (/^h/i.test(answer)) {
          await haltTexts(board);
          return 'reboot';
        }
      }
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      board.print('\n');
      return 'shell';
    } finally {
      this.#keep(session, mode);
    }
  }
}
