import { DHCPLEASED } from '../dhcp-client.ts';
import type { Board, Fetched } from './board.ts';
import { rebootTexts } from './power.ts';
import { renderProgress } from './progress.ts';
import { checksums } from './set-source.ts';

const USAGE = 'usage: sysupgrade [-fkn] [-R version] [installurl | path]\n';

interface Options {
  readonly release: string;
  /** `-n`: fetch, and leave the reboot to somebody. */
  readonly reboots: boolean;
  readonly installUrl: string;
}

/** sysupgrade(8): the next release, or that of `-R`, from where the system was installed from. @returns it reboots */
export async function sysupgrade(board: Board, args: readonly string[]): Promise<boolean> {
  const system = board.readDisk();
  const options = system === null ? null : parse(args, system.release, system.installUrl ?? '');
  if (system === null || options === null) {
    board.print(USAGE);
    return false;
  }
  const { release, reboots, installUrl } = options;
  await board.requestLease(DHCPLEASED);
  const base = `${installUrl}/${release}/${board.facts.arch}`;
  board.print(`Fetching from ${base}/\n`);
  const sums = await fetchSums(board, base);
  const sets = sums === null ? null : await fetchSets(board, base, wantedOf(system.sets, release), sums);
  if (sets === null) return false;
  board.print('Verifying sets.\nFetching updated firmware.\nfw_update: add none; update none; keep none\n');
  board.writeDisk({ ...system, upgrade: { release, executable: true, sets } });
  if (!reboots) {
    board.print('Will upgrade on next reboot\n');
    return false;
  }
  board.print('Upgrading.\n');
  await rebootTexts(board);
  return true;
}

function parse(args: readonly string[], running: string, installUrl: string): Options | null {
  let options: Options = { release: nextRelease(running), reboots: true, installUrl };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '-n') options = { ...options, reboots: false };
    else if (arg === '-f' || arg === '-k') continue;
    else if (arg === '-R') options = { ...options, release: rest.shift() ?? '' };
    else if (/^https?:\/\//.test(arg)) options = { ...options, installUrl: arg.replace(/\/+$/, '') };
    else return null;
  }
  return /^\d{1,2}\.\d$/.test(options.release) && options.installUrl !== '' ? options : null;
}

/** 7.6 follows 7.5, and 8.0 follows 7.9. */
function nextRelease(release: string): string {
  return ((Number(release.replace('.', '')) + 1) / 10).toFixed(1);
}

/** What the system has, under the names of the new release. */
function wantedOf(installed: Readonly<Record<string, string>>, release: string): readonly string[] {
  const version = release.replace('.', '');
  const named = Object.keys(installed).filter((set) => !/^site|^BUILDINFO$/.test(set));
  return [...new Set(['bsd', 'bsd.rd', ...named.map((set) => set.replace(/\d+\.tgz$/, `${version}.tgz`))])];
}

async function fetchSums(board: Board, base: string): Promise<ReadonlyMap<string, string> | null> {
  const got = await fetched(board, base, 'SHA256.sig');
  if (got === null) return null;
  if (!board.verifySignature(got.bytes)) {
    board.print('signify: signature verification failed\n');
    return null;
  }
  board.print('Signature Verified\n');
  return checksums(got);
}

/** @returns null where one is missing or damaged */
async function fetchSets(
  board: Board,
  base: string,
  wanted: readonly string[],
  sums: ReadonlyMap<string, string>,
): Promise<Readonly<Record<string, string>> | null> {
  const sets: Record<string, string> = {};
  for (const set of wanted.filter((name) => sums.has(name))) {
    const got = await fetched(board, base, set);
    if (got === null) return null;
    if (got.sha256 !== sums.get(set)) {
      board.print(`(SHA256) ${set}: FAILED\n`);
      return null;
    }
    sets[set] = got.sha256;
  }
  return sets;
}

async function fetched(
  board: Board,
  base: string,
  file: string,
): Promise<(Fetched & { readonly kind: 'ok' }) | null> {
  const started = board.now();
  const url = `${base}/${file}`;
  const got = await board.fetch(url, (received, total) => {
    if (total === null) return;
    board.print(renderProgress(file, received, total, (board.now() - started) / 1000));
  });
  if (got.kind === 'ok') return got;
  const why = got.kind === 'refused' ? `${got.status} Not Found` : 'Connection refused';
  board.print(`ftp: Error retrieving ${url}: ${why}\n`);
  return null;
}
