import { askAccounts } from './accounts.ts';
import { configureNetwork } from './network.ts';
import { askRootDisk, mountInstalled, prepareRootDisk } from './root-disk.ts';
import type { Session } from './session.ts';
import { installSets } from './sets.ts';
import { askTimezone } from './timezone.ts';

export type Mode = 'install' | 'upgrade';

const WELCOME =
  'At any prompt except password prompts you can escape to a shell by\n' +
  "typing '!'. Default answers are shown in []'s and are selected by\n" +
  'pressing RETURN.  You can exit this program at any time by pressing\n' +
  'Control-C, but this can leave your system in an inconsistent state.\n\n';

/**
 * The installer from its first question to CONGRATULATIONS.
 * @param offeredName the host name of the first lease, as default
 * @throws Aborted where the genuine script would `exit 1`
 */
export async function runInstaller(session: Session, mode: Mode, offeredName: string): Promise<void> {
  if (!session.unattended) session.say(WELCOME);
  await session.ask('Terminal type?', 'vt220');
  if (mode === 'install') await install(session, offeredName);
  else await upgrade(session);
  session.say(`\nCONGRATULATIONS! Your OpenBSD ${mode} has been successfully completed!\n\n`);
  if (mode === 'install') {
    session.say(
      'When you login to your new system the first time, please read your mail\n' +
        "using the 'mail' command.\n\n",
    );
  }
}

async function install(session: Session, offeredName: string): Promise<void> {
  const name = await session.askUntil("System hostname? (short form, e.g. 'foo')", offeredName);
  session.say('\n');
  await session.wait(0.2);
  const { hostName, domain } = await configureNetwork(session, name);
  session.say('\n');
  const accounts = await askAccounts(session);
  session.say('\n');
  await session.wait(0.1);
  await prepareRootDisk(session);
  const sets = await installSets(session, 'install', hostName);
  session.say('\n');
  const timezone = await askTimezone(session);
  await step(session, 'Saving configuration files...', 0.2);
  await finish(session);
  session.board.writeDisk({
    release: session.release,
    hostName: `${hostName}.${domain}`,
    timezone,
    users: accounts.user === null ? ['root'] : ['root', accounts.user],
    sshd: accounts.sshd,
    serialConsole: accounts.serialConsole,
    hostKey: null,
    sets: Object.fromEntries(sets),
    ...(session.installUrl === '' ? {} : { installUrl: session.installUrl }),
  });
}

async function upgrade(session: Session): Promise<void> {
  const disk = await askRootDisk(session, true);
  await mountInstalled(session, disk);
  const before = session.board.readDisk();
  const sets = await installSets(session, 'upgrade', before?.hostName.split('.')[0] ?? '');
  await finish(session);
  if (before === null) return;
  const merged = { ...before.sets, ...Object.fromEntries(sets) };
  session.board.writeDisk({ ...before, release: session.release, sets: merged, upgrade: null });
}

async function finish(session: Session): Promise<void> {
  await step(session, 'Making all device nodes...', 0.2);
  await step(session, 'Relinking to create unique kernel...', 0.6);
  if (session.board.facts.siteAsks === true) await askForSite(session);
  // It is told, and the installer goes on.
  if (session.board.facts.siteFails === true)
    session.say('/install.site[7]: /usr/local/sbin/site-setup: not found\ninstall.site failed\n');
}

/** `while [ -z "$rack" ]; do read rack?"..." </dev/console; done` in install.site. */
async function askForSite({ board }: Session): Promise<void> {
  let rack = '';
  while (rack === '') {
    board.print('Which rack does this machine stand in? ');
    rack = (await board.readLine())?.trim() ?? '';
  }
  board.print(`Rack ${rack}: noted.\n`);
}

async function step(session: Session, title: string, seconds: number): Promise<void> {
  session.say(title);
  await session.wait(seconds);
  session.say(' done.\n');
}
