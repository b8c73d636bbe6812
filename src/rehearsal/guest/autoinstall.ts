import { type Answer, parseResponseFile } from '../../autoinstall/response-file.ts';
import { DHCPLEASED, type Lease } from '../dhcp-client.ts';
import type { Board, Fetched, MachineFacts } from './board.ts';
import type { Mode } from './install.ts';
import { Session } from './session.ts';

/** Where the response file came from, or that there is none. */
export interface ResponseFile {
  readonly mode: Mode;
  readonly answers: readonly Answer[];
  readonly hostName: string;
  /** True when the console was asked on the way. */
  readonly askedByHand: boolean;
}

/** `get_responsefile` of install.sub. @returns null when no response file could be had */
export async function findResponseFile(board: Board, release: string): Promise<ResponseFile | null> {
  await chooseInterface(board, release);
  const lease = await board.requestLease(DHCPLEASED);
  if (lease === null) board.print('No dhcp address on interface vio0 in 30 seconds.\n');
  const server = lease?.nextServer ?? null;
  const announced = parseFilename(lease?.filename ?? '');
  const hostName = lease?.hostName ?? '';
  if (server !== null && announced !== null) {
    for (const url of responseFileUrls(board.facts, release, server, announced, lease)) {
      board.print(`Fetching ${url}\n`);
      const answers = answersOf(await board.fetch(url));
      if (answers !== null) return { mode: announced.mode, answers, hostName, askedByHand: false };
      await board.pause(0.1);
    }
  } else {
    if (server === null) board.print('Could not determine auto server.\n');
    if (announced === null) board.print('Could not determine auto mode.\n');
  }
  return askForResponseFile(board, release, server, hostName);
}

/** Asked where there are several and none of them booted the machine; only vio0 has a network behind it here. */
async function chooseInterface(board: Board, release: string): Promise<void> {
  if (board.facts.netbooted || board.facts.furtherLladdrs.length === 0) return;
  const session = new Session(board, release, null);
  const names = ['vio0', ...board.facts.furtherLladdrs.map((_, index) => `vio${index + 1}`)];
  const question = "Which network interface should be used for the initial DHCP request? (or 'done')";
  while (!names.includes(await session.ask(question, 'vio0')));
}

/** What the boot file's name announces: the mode, and the directory on the HTTP server. */
export interface Announced {
  readonly path: string;
  readonly mode: Mode;
}

/** @returns null for every name but `[dir/]auto_install` and `[dir/]auto_upgrade` */
export function parseFilename(filename: string): Announced | null {
  const [, path = '', mode] = /^(.*\/)?auto_(install|upgrade)$/.exec(filename) ?? [];
  if (mode === undefined) return null;
  return { path, mode: mode === 'install' ? 'install' : 'upgrade' };
}

/** Three names, or two without a host name in the lease; the query says the kernel's release. */
export function responseFileUrls(
  facts: MachineFacts,
  release: string,
  server: string,
  { path, mode }: Announced,
  lease: Pick<Lease, 'hostName'> | null,
): readonly string[] {
  const names = [`${facts.lladdr}-`, ...(lease?.hostName ? [`${lease.hostName}-`] : []), ''];
  const base = baseUrl(facts, server);
  return names.map((name) => `${base}/${path}${name}${mode}.conf?path=${release}/${facts.arch}`);
}

/** The genuine installer knows port 80 alone; the rehearsal adds its own. */
const baseUrl = ({ httpPort }: MachineFacts, server: string): string =>
  httpPort === 80 ? `http://${server}` : `http://${server}:${httpPort}`;

async function askForResponseFile(
  board: Board,
  release: string,
  server: string | null,
  hostName: string,
): Promise<ResponseFile | null> {
  const session = new Session(board, release, null);
  const fallback = server === null ? '' : `${baseUrl(board.facts, server)}/install.conf`;
  let location = '';
  while (location === '') location = await session.ask('Response file location?', fallback);
  const mode = modeOf(location) ?? (await askMode(session));
  board.print(`Fetching ${location}\n`);
  // There are no local files in this ramdisk, so a path leads nowhere.
  const answers = /^https?:\/\//.test(location) ? answersOf(await board.fetch(location)) : null;
  return answers === null ? null : { mode, answers, hostName, askedByHand: true };
}

/** Only the end of the name counts: a query behind it hides the mode. */
function modeOf(location: string): Mode | null {
  if (/install.conf$/.test(location)) return 'install';
  return /upgrade.conf$/.test(location) ? 'upgrade' : null;
}

async function askMode(session: Session): Promise<Mode> {
  for (;;) {
    const answer = await session.ask('(I)nstall or (U)pgrade?');
    if (/^i/i.test(answer)) return 'install';
    if (/^u/i.test(answer)) return 'upgrade';
  }
}

/** Any 200 counts, whatever it carries: an HTML page is a response file without answers. */
function answersOf(got: Fetched): readonly Answer[] | null {
  if (got.kind !== 'ok') return null;
  const text = new TextDecoder().decode(got.bytes).replaceAll('\0', '');
  return parseResponseFile(text, 'response file');
}
