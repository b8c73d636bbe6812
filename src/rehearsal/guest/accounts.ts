import type { Session } from './session.ts';

export interface Accounts {
  readonly user: string | null;
  readonly sshd: boolean;
  readonly serialConsole: boolean;
}

/** Passwords, keys, sshd, the console and the first user, in the installer's order. */
export async function askAccounts(session: Session): Promise<Accounts> {
  while ((await session.askPassword('Password for root account?')) === '') {
    session.say('The root password must be set.\n');
  }
  if (session.unattended) await session.ask('Public ssh key for root account?', 'none');
  const sshd = await session.askYesNo('Start sshd(8) by default?', 'yes');
  const serialConsole = await askConsole(session);
  const user = await askUser(session);
  if (sshd) await askRootLogin(session, user !== null);
  return { user, sshd, serialConsole };
}

const SPEEDS = ['9600', '19200', '38400', '57600', '115200'] as const;

async function askConsole(session: Session): Promise<boolean> {
  if (!(await session.askYesNo('Change the default console to com0?', 'yes'))) return false;
  const question = "Which speed should com0 use? (or 'done')";
  return (await session.askWhich('speed', question, SPEEDS, '115200')) !== 'done';
}

const RESERVED = ['root', 'daemon', 'operator', 'bin', 'build', 'sshd', 'www', 'nobody', 'ftp'];

async function askUser(session: Session): Promise<string | null> {
  let question = "Setup a user? (enter a lower-case loginname, or 'no')";
  for (;;) {
    const answer = await session.ask(question, 'no');
    if (answer === 'n' || answer === 'no') return null;
    if (answer === 'y' || answer === 'yes') {
      question = "No really, what is the lower-case loginname, or 'no'?";
    } else if (/^[a-z][-a-z0-9_]{0,30}$/.test(answer) && !RESERVED.includes(answer)) {
      return askUserDetails(session, answer);
    } else session.say(`${answer} is not a usable loginname.\n`);
  }
}

async function askUserDetails(session: Session, user: string): Promise<string> {
  for (;;) {
    const name = await session.ask(`Full name for user ${user}?`, user);
    if (/[:&,]/.test(name)) session.say("':', '&' or ',' are not allowed.\n");
    else if (name.length > 100) session.say('Too long.\n');
    else break;
  }
  await session.askPassword(`Password for user ${user}?`);
  if (session.unattended) await session.ask(`Public ssh key for user ${user}`, 'none');
  return user;
}

async function askRootLogin(session: Session, hasUser: boolean): Promise<void> {
  if (!hasUser) session.say('Since no user was setup, root logins via sshd(8) might be useful.\n');
  session.say('WARNING: root is targeted by password guessing attacks, pubkeys are safer.\n');
  for (;;) {
    const answer = await session.ask('Allow root ssh login? (yes, no, prohibit-password)', 'no');
    if (/^(y|yes|n|no|w|p|without-password|prohibit-password)$/i.test(answer)) return;
    session.refuse(answer);
  }
}
