import type { ConsoleFeed } from '../../../console/feed.ts';
import { OperatorError } from '../../common/error.ts';
import type { Clock, Log } from '../../common/port.ts';
import type { HostAccess } from '../../host/access.ts';
import { VMCTL } from '../../host/vmctl.ts';
import { consoleRefusal } from '../console-event.ts';
import { type HeldConsole, openHeldConsole } from './held-console.ts';
import type { Recordings } from './recordings.ts';

/** The consoles in our hands, by VM: those of installs, and those that somebody asked for. */
export interface Consoles {
  /** The one of now or, where it was let go, the last one; null where there was none. */
  console(vm: string): ConsoleFeed | null;
  /** Who keeps it open beyond its time. */
  kept(vm: string): string | null;
  /** An install is about to open its own: cu(1) refuses a second one. Resolves when the present one is gone. */
  makeWay(vm: string): Promise<void>;
  /** An install has opened it. */
  opened(vm: string, console: HeldConsole): void;
  /**
   * The one to type at: the one that is open, or a new one, which is let go when nobody holds it any more.
   * @throws OperatorError CONSOLE_REFUSED, CONSOLE_SPAWN
   */
  attach(vm: string): Promise<ConsoleFeed>;
  /** @param by null: no longer. @throws OperatorError CONSOLE_CLOSED */
  keep(vm: string, by: string | null): void;
  close(): void;
}

export interface ConsolesParts {
  readonly recordings: Recordings;
  readonly clock: Clock;
  readonly log: Log;
  readonly changed: () => void;
  /** @throws OperatorError VM_NOT_FOUND, HOST_NOT_FOUND */
  readonly reach: (
    vm: string,
  ) => Promise<{ readonly access: HostAccess; readonly secrets: readonly string[] }>;
  /** Is an install about to open this VM's console, or may be? */
  readonly coming: (vm: string) => boolean;
}

/** A console that was opened for somebody who then does not come is let go after it. Milliseconds. */
const UNUSED_MS = 3_000;
/** How long an install's own console is waited for, and how often it is looked for. Milliseconds. */
const COMING_MS = 5_000;
const ASK_MS = 100;

export function openConsoles(parts: ConsolesParts): Consoles {
  const { clock, changed } = parts;
  const consoles = new Map<string, HeldConsole>();
  /** Two who ask at once get the same one. */
  const opening = new Map<string, Promise<ConsoleFeed>>();

  async function open(vm: string): Promise<ConsoleFeed> {
    const { access, secrets } = await parts.reach(vm);
    const stamp = new Date(clock.now()).toISOString().replace(/[-:]|\..*/g, '');
    const console = await openHeldConsole({
      ...parts,
      vm,
      access,
      secrets,
      argv: VMCTL.console(vm),
      recording: `${vm}-console-${stamp}`,
    });
    const said = await console.greeted;
    if (said.ended) {
      await console.ended;
      throw new OperatorError('CONSOLE_REFUSED', consoleRefusal(vm, said.text));
    }
    consoles.set(vm, console);
    void console.ended.then(changed);
    changed();
    // Whoever asked for it takes it now; somebody who does not come must not keep it.
    clock.timer(clock.now() + UNUSED_MS, () => console.release());
    return console.feed;
  }

  /** One of our own would be taken away again by the install that is about to open its. */
  async function untilOpened(vm: string): Promise<void> {
    const isOpen = () => consoles.get(vm)?.feed.live === true;
    for (let waited = 0; parts.coming(vm) && !isOpen() && waited < COMING_MS; waited += ASK_MS) {
      await new Promise<void>((resolve) => void clock.timer(clock.now() + ASK_MS, resolve));
    }
  }

  return {
    console: (vm) => consoles.get(vm)?.feed ?? null,
    kept: (vm) => consoles.get(vm)?.kept ?? null,
    async makeWay(vm) {
      const present = consoles.get(vm);
      present?.close();
      await present?.ended;
    },
    opened(vm, console) {
      // Somebody's own may have come in between.
      consoles.get(vm)?.close();
      consoles.set(vm, console);
    },
    async attach(vm) {
      await untilOpened(vm);
      const present = consoles.get(vm);
      await present?.greeted;
      if (present?.feed.live === true) return present.feed;
      const pending = opening.get(vm) ?? open(vm).finally(() => opening.delete(vm));
      opening.set(vm, pending);
      return pending;
    },
    keep(vm, by) {
      const console = consoles.get(vm);
      if (console?.feed.live !== true) {
        throw new OperatorError('CONSOLE_CLOSED', `the console of ${vm} is not open now`);
      }
      console.keep(by);
    },
    close() {
      for (const console of consoles.values()) console.close();
    },
  };
}
