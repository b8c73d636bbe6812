import type { Fetched } from './board.ts';
import { Panicked } from './debugger.ts';
import { localProgress, renderProgress } from './progress.ts';
import { Aborted, type Session } from './session.ts';
import { installFromDisk } from './set-disk.ts';
import { knownSets, renderColumns, renderSelection, selectedAtFirst, selectSets } from './set-selection.ts';
import { checksums, listSets, type SetSource } from './set-source.ts';

/** Each installed file and its SHA256. */
export type InstalledSets = ReadonlyMap<string, string>;

const LOCATION = "Location of sets? (disk http nfs or 'done')";

/** `install_sets`: asks for locations until the needed sets are there. */
export async function installSets(
  session: Session,
  mode: 'install' | 'upgrade',
  hostName: string,
): Promise<InstalledSets> {
  session.say(`\nLet's ${mode} the sets!\n`);
  const needed = ['bsd', `base${session.version}.tgz`];
  const memory: ServerMemory = { server: '', directory: '' };
  let installed: InstalledSets = new Map();
  let fallback = 'http';
  for (;;) {
    const where = await session.ask(LOCATION, fallback);
    if (where === 'done') {
      if (await confirmMissing(session, needed, installed, mode)) return installed;
    } else if (/^[dh]/i.test(where)) {
      const added = /^d/i.test(where)
        ? await installFromDisk(session)
        : await installFromHttp(session, hostName, mode, memory);
      installed = new Map([...installed, ...added]);
    } else session.refuse(where);
    const sane = needed.every((set) => installed.has(set));
    if (sane || session.unattended) fallback = 'done';
  }
}

/** What the questions about the server offer when they come again. */
interface ServerMemory {
  server: string;
  directory: string;
}

async function confirmMissing(
  session: Session,
  needed: readonly string[],
  installed: InstalledSets,
  mode: string,
): Promise<boolean> {
  for (const set of needed.filter((name) => !installed.has(name))) {
    if (await session.askYesNo(`Are you *SURE* your ${mode} is complete without '${set}'?`)) continue;
    session.abortUnattended();
    return false;
  }
  return true;
}

async function installFromHttp(
  session: Session,
  hostName: string,
  mode: 'install' | 'upgrade',
  memory: ServerMemory,
): Promise<InstalledSets> {
  const { release, board } = session;
  await session.ask("HTTP proxy URL? (e.g. 'http://proxy:8080', or 'none')", 'none');
  session.say('(Unable to get list from openbsd.org, but that is OK)\n');
  const server = await askServer(session, memory);
  if (server === 'done') return new Map();
  memory.server = server.replace(/^https?:\/\//, '');
  const setDirectory = memory.directory || `pub/OpenBSD/${release}/${board.facts.arch}`;
  memory.directory = (await session.askUntil('Server directory?', setDirectory)).replace(/^\/+/, '');
  const source = await listSets(session, server, memory.directory);
  session.installUrl = source.base.replace(/(\/[^/]+){2}$/, '');
  return installFiles(session, source, hostName, mode);
}

async function askServer(session: Session, memory: ServerMemory): Promise<string> {
  for (;;) {
    const answer = await session.askUntil("HTTP Server? (hostname or 'done')", memory.server);
    if (/^\d+$/.test(answer) || answer === '?') continue;
    if (/^(https?:\/\/)?[A-Za-z0-9:.[\]_-]+$/.test(answer)) return answer;
    session.say(`'${answer}' is not a valid hostname.\n`);
    session.abortUnattended();
  }
}

async function installFiles(
  session: Session,
  source: SetSource,
  hostName: string,
  mode: 'install' | 'upgrade',
): Promise<InstalledSets> {
  const known = knownSets(session.version, hostName);
  const available = known.filter((set) => source.files.includes(set));
  if (available.length === 0) {
    const system = `OpenBSD/${session.board.facts.arch} ${session.release}`;
    session.say(`Looked at ${source.base} and found no ${system} sets.  The set names looked for were:\n`);
    session.say(renderColumns(known, 18));
    session.abortUnattended();
    session.say('\n');
    return new Map();
  }
  const selected = await askSets(session, available);
  if (selected.length === 0) return new Map();
  const fetched = await fetchSets(session, source, [...selected, ...buildInfo(source)]);
  if (fetched === null) return new Map();
  for (const [set, { size }] of fetched) {
    if (session.board.facts.diskFull === true && /^base/.test(set)) {
      await overflow(session, set, size);
      continue;
    }
    await unpack(session, set, size, mode);
    if (session.board.facts.panics && /^base/.test(set)) throw new Panicked('ffs_alloccg: map corrupted');
  }
  return new Map([...fetched].map(([set, { sha256 }]) => [set, sha256]));
}

/** Fetched with every set, and never shown in the list. */
const buildInfo = ({ files }: SetSource): readonly string[] =>
  files.includes('BUILDINFO') ? ['BUILDINFO'] : [];

async function askSets(session: Session, available: readonly string[]): Promise<readonly string[]> {
  session.say(
    "\nSelect sets by entering a set name, a file name pattern or 'all'. De-select\n" +
      "sets by prepending a '-', e.g.: '-game*'. Selected sets are labelled '[X]'.\n",
  );
  let selected = selectedAtFirst(available, session.version);
  for (;;) {
    session.say(renderSelection(available, selected));
    const answer = await session.ask("Set name(s)? (or 'abort' or 'done')", 'done');
    const selection = selectSets(available, selected, answer);
    if (selection.kind === 'abort') return [];
    selected = selection.selected;
    if (selection.kind === 'done') return selected;
  }
}

interface FetchedSet {
  readonly size: number;
  readonly sha256: string;
}

/** @returns null when somebody at the console chose not to go on */
async function fetchSets(
  session: Session,
  source: SetSource,
  sets: readonly string[],
): Promise<ReadonlyMap<string, FetchedSet> | null> {
  const expected = await fetchChecksums(session, source);
  const unverified = new Set(sets);
  const fetched = new Map<string, FetchedSet>();
  if (expected.kind === 'issue')
    return (await goOn(session, `${expected.issue}. Continue without verification?`))
      ? fetchUnverified(session, source, sets)
      : null;
  for (const set of sets) {
    const got = await download(session, `${source.base}/${set}`, `Get/Verify ${set}`);
    if (got.kind !== 'ok') {
      if (!(await goOn(session, `Fetching of ${set} failed. Continue anyway?`))) return null;
      unverified.delete(set);
      continue;
    }
    fetched.set(set, { size: got.bytes.length, sha256: got.sha256 });
    if (expected.sums.get(set) === got.sha256) unverified.delete(set);
    else if (!(await goOn(session, `Checksum test for ${set} failed. Continue anyway?`))) return null;
  }
  if (unverified.size === 0) return fetched;
  const names = [...unverified].join(' ');
  return (await goOn(session, `Unverified sets: ${names}. Continue without verification?`)) ? fetched : null;
}

type Checksums =
  | { readonly kind: 'sums'; readonly sums: ReadonlyMap<string, string> }
  | { readonly kind: 'issue'; readonly issue: string };

async function fetchChecksums(session: Session, source: SetSource): Promise<Checksums> {
  const name = 'SHA256.sig';
  if (!source.files.includes(name)) return { kind: 'issue', issue: `Directory does not contain ${name}` };
  const got = await download(session, `${source.base}/${name}`, `Get/Verify ${name}`);
  if (got.kind !== 'ok') return { kind: 'issue', issue: `Cannot fetch ${name}` };
  if (!session.board.verifySignature(got.bytes)) {
    return { kind: 'issue', issue: `Signature check of ${name} failed` };
  }
  session.say('Signature Verified\n');
  return { kind: 'sums', sums: checksums(got) };
}

/** After somebody agreed to it: the sets as they come. */
async function fetchUnverified(
  session: Session,
  source: SetSource,
  sets: readonly string[],
): Promise<ReadonlyMap<string, FetchedSet> | null> {
  const fetched = new Map<string, FetchedSet>();
  for (const set of sets) {
    const got = await session.board.fetch(`${source.base}/${set}`);
    if (got.kind === 'ok') fetched.set(set, { size: got.bytes.length, sha256: got.sha256 });
    else if (!(await goOn(session, `Installation of ${set} failed. Continue anyway?`))) return null;
  }
  return fetched;
}

async function goOn(session: Session, question: string): Promise<boolean> {
  if (await session.askYesNo(question)) return true;
  if (session.unattended) throw new Aborted();
  return false;
}

/** A transfer with its progress line; without a length from the server there is none. */
async function download(session: Session, url: string, title: string): Promise<Fetched> {
  const started = session.board.now();
  let drawn = -1;
  const got = await session.board.fetch(url, (received, total) => {
    if (total === null || received <= drawn) return;
    drawn = received;
    session.say(renderProgress(title, received, total, (session.board.now() - started) / 1000));
  });
  if (got.kind !== 'ok' && drawn >= 0) session.say('\n');
  return got;
}

/** Draws what ftp(1) draws while it feeds a fetched file to tar(1). */
async function unpack(
  session: Session,
  set: string,
  size: number,
  mode: 'install' | 'upgrade',
): Promise<void> {
  await localProgress(session, `Installing ${set}`, size);
  const etc = mode === 'install' ? /^(x?)base\d+\.tgz$/.exec(set) : null;
  if (etc !== null) await localProgress(session, `Extracting ${etc[1] ?? ''}etc.tgz`, Math.ceil(size / 3));
}

/** ffs(4) tells it on the console and, by uprintf(9), on the terminal. @throws Aborted under autoinstall */
async function overflow(session: Session, set: string, size: number): Promise<void> {
  session.say(renderProgress(`Installing ${set}`, Math.floor(size * 0.4), size, 0.1));
  await session.wait(0.03);
  session.say('\nuid 0 on /mnt/usr: file system full\n\n/mnt/usr: write failed, file system is full\n');
  session.say('tar: Failed write to archive member: No space left on device\n');
  await goOn(session, `Installation of ${set} failed. Continue anyway?`);
}
