import type { Lease } from '../dhcp-client.ts';
import type { Board, MachineFacts } from './board.ts';
import { ramdiskMessages } from './kernel.ts';
import { diskLabel } from './root-disk.ts';

/** What the ramdisk knows of the machine when somebody asks. */
export interface Ramdisk {
  readonly release: string;
  /** Texts by path. */
  readonly files: Readonly<Record<string, string>>;
  /** The address of vio0 now. */
  readonly lease: Lease | null;
  /** The root disk has been partitioned. */
  readonly labelled: boolean;
}

interface Done {
  readonly output: string;
  readonly status: number;
}

type Command = (args: readonly string[], ramdisk: Ramdisk, facts: MachineFacts) => Done;

export function runCommand(board: Board, ramdisk: Ramdisk, argv: readonly string[]): Done {
  const [name = '', ...args] = argv;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) return { output: `ksh: ${name}: not found\n`, status: 127 };
  return command(args, ramdisk, board.facts);
}

const said = (output: string): Done => ({ output, status: 0 });

const COMMANDS: Readonly<Record<string, Command>> = {
  echo: (args) => said(`${args.join(' ')}\n`),
  cat: (args, ramdisk) => eachFile('cat', args, ramdisk, (text) => text),
  tail(args, ramdisk) {
    const count = Number(/^-(?:n)?(\d+)$/.exec(args[0] ?? '')?.[1] ?? 10);
    return eachFile('tail', args.slice(-1), ramdisk, (text) =>
      text
        .split('\n')
        .slice(-(count + 1))
        .join('\n'),
    );
  },
  /** Of its commands only the one that leaves lines out. */
  sed([script = '', ...paths], ramdisk) {
    const [, pattern] = /^\/(.+)\/d$/.exec(script) ?? [];
    if (pattern === undefined) return { output: `sed: 1: "${script}": invalid command code\n`, status: 1 };
    const unwanted = new RegExp(pattern);
    const keep = (text: string) => text.replace(/.*\n/g, (line) => (unwanted.test(line) ? '' : line));
    return eachFile('sed', paths, ramdisk, keep);
  },
  ls(args, { files }) {
    const wanted = args.filter((arg) => !arg.startsWith('-'));
    const found = Object.keys(files).filter((path) =>
      wanted.some((name) => path === name || path.startsWith(`${name.replace(/\/$/, '')}/`)),
    );
    if (found.length > 0 || wanted.length === 0) return said(found.map((path) => `${path}\n`).join(''));
    return { output: `ls: ${wanted[0]}: No such file or directory\n`, status: 1 };
  },
  dmesg: (_, { release }, facts) =>
    said(
      ramdiskMessages(facts, release)
        .map((line) => `${line}\n`)
        .join(''),
    ),
  ifconfig: (args, ramdisk, facts) => said(interfaces(args, ramdisk, facts)),
  route: (args, { lease }) =>
    args.includes('show') ? said(routes(lease)) : { output: 'usage: route [-dnqtv] command\n', status: 1 },
  disklabel([disk = ''], { labelled }, facts) {
    const size = /^sd\d$/.test(disk) ? facts.disksMiB[Number(disk.slice(2))] : undefined;
    if (size === undefined) return { output: `disklabel: ${disk}: Device not configured\n`, status: 4 };
    return said(diskLabel(facts, disk, size, labelled));
  },
};

function eachFile(
  command: string,
  paths: readonly string[],
  { files }: Ramdisk,
  show: (text: string) => string,
): Done {
  const texts = paths.map((path) => (Object.hasOwn(files, path) ? files[path] : undefined));
  const output = texts.map((text, index) =>
    text === undefined ? `${command}: ${paths[index]}: No such file or directory\n` : show(text),
  );
  return { output: output.join(''), status: texts.includes(undefined) ? 1 : 0 };
}

/** ifconfig(8) of the interfaces that a ramdisk kernel has on a VM. */
function interfaces(args: readonly string[], { lease }: Ramdisk, { lladdr }: MachineFacts): string {
  const names = args.filter((arg) => !arg.startsWith('-'));
  const address =
    lease === null
      ? ''
      : `\tinet ${lease.address} netmask 0xffffff00 broadcast ${lease.address.replace(/\d+$/, '255')}\n`;
  const all: Readonly<Record<string, string>> = {
    lo0: 'lo0: flags=8008<LOOPBACK,MULTICAST> mtu 32768\n\tindex 2 priority 0 llprio 3\n\tgroups: lo\n',
    vio0:
      `vio0: flags=808843<UP,BROADCAST,RUNNING,SIMPLEX,MULTICAST,AUTOCONF4> mtu 1500\n\tlladdr ${lladdr}\n` +
      `\tindex 1 priority 0 llprio 3\n\tgroups: egress\n\tmedia: Ethernet autoselect\n\tstatus: active\n${address}`,
  };
  return Object.entries(all)
    .filter(([name]) => names.length === 0 || names.includes(name))
    .map(([, text]) => text)
    .join('');
}

/** route(8) -n show: without a lease there is none. */
function routes(lease: Lease | null): string {
  const row = (destination: string, gateway: string, flags: string, priority: number) =>
    `${destination.padEnd(18)} ${gateway.padEnd(18)} ${flags.padEnd(6)}     0        0     -    ${priority} vio0\n`;
  const head = 'Routing tables\n\nInternet:\n';
  const titles = 'Destination        Gateway            Flags   Refs      Use   Mtu  Prio Iface\n';
  if (lease === null) return `${head}${titles}`;
  const network = lease.address.replace(/\d+$/, '0');
  const router = lease.nextServer ?? lease.serverId ?? lease.address;
  return (
    head +
    titles +
    row('default', router, 'UGS', 8) +
    row(`${network}/24`, lease.address, 'UCn', 4) +
    row(lease.address, 'link#1', 'UHl', 1)
  );
}
