import { localProgress, renderProgress } from './progress.ts';
import type { Session } from './session.ts';
import { renderSelection } from './set-selection.ts';
import type { InstalledSets } from './sets.ts';

/** The watchdog of an upgrade that takes too long: it reboots the machine. */
export class WatchdogBarked extends Error {}

/** Where sysupgrade(8) puts what it fetched. */
const DIRECTORY = '/home/_sysupgrade/';
/** `WATCHDOG_PERIOD_SEC` of install.sub is half an hour, which a rehearsal cuts short. */
const WATCHDOG_SECONDS = 60;
/** Only their size is drawn, and it is not kept on the simulated disk. Bytes. */
const SIZE = 400_000;

/** Sets from the disk itself: those that sysupgrade(8) fetched, or none. */
export async function installFromDisk(session: Session): Promise<InstalledSets> {
  await session.askYesNo('Is the disk partition already mounted?', 'yes');
  const fallback = `${session.release}/${session.board.facts.arch}`;
  const path = await session.ask("Pathname to the sets? (or 'done')", fallback);
  const upgrade = session.board.readDisk()?.upgrade ?? null;
  if (path === 'done') return new Map();
  if (path !== DIRECTORY || upgrade === null) {
    session.say(`The directory '${path}' does not exist.\n`);
    session.abortUnattended();
    return new Map();
  }
  const sets = Object.keys(upgrade.sets);
  session.say(
    "\nSelect sets by entering a set name, a file name pattern or 'all'. De-select\n" +
      "sets by prepending a '-', e.g.: '-game*'. Selected sets are labelled '[X]'.\n",
  );
  session.say(renderSelection(sets, sets));
  await session.ask("Set name(s)? (or 'abort' or 'done')", 'done');
  const question = 'Directory does not contain SHA256.sig. Continue without verification?';
  if (!(await session.askYesNo(question))) return new Map();
  for (const set of sets) await unpack(session, set);
  return new Map(Object.entries(upgrade.sets));
}

async function unpack(session: Session, set: string): Promise<void> {
  const title = `Installing ${set}`;
  if (session.board.facts.upgradeStalls === true && /^base/.test(set)) {
    session.say(renderProgress(title, SIZE * 0.4, SIZE, 3));
    await session.wait(WATCHDOG_SECONDS);
    throw new WatchdogBarked();
  }
  await localProgress(session, title, SIZE);
}
