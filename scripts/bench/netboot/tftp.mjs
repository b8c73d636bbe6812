// A kernel by atftp, which knows blksize and windowsize.
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run, SERVER, which } from './lab.mjs';
import { compare, inTurn, PRODUCT, print } from './table.mjs';

const LENGTHS = { bsd: 10_000_000, 'bsd.rd': 1_000_000 };

const ROWS = [1, 50].flatMap((atOnce) =>
  [512, 1428].flatMap((blksize) => [1, 16].map((window) => ({ atOnce, blksize, window }))),
);

/** Fetched untimed from each server first. */
const WARM_UP = ROWS.filter(({ atOnce, blksize }) => atOnce === 50 && blksize === 512);

/** Each server has so many turns. */
const ROUNDS = 3;

/** One megabyte with one packet in a hundred lost on its way to the client. */
const LOSSY = { atOnce: 1, blksize: 1428, window: 1, file: 'bsd.rd' };

export async function benchTftp(lab, servers) {
  const atftp = which('atftp');
  if (atftp === null) {
    console.log('   TFTP: skipped, atftp is not installed');
    return;
  }
  const nft = which('nft');
  if (nft === null) console.log('   TFTP with loss: skipped, nft is not installed');
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const loss = round === 0 ? nft : null;
    rounds.push(await inTurn(lab, servers, (server) => measureAll(lab, server, atftp, loss)));
  }
  const rows = middleOf(rounds);
  [...ROWS, LOSSY].forEach(({ atOnce, blksize, window, file }, index) => {
    const lossy = file === undefined ? '' : ', 1% lost';
    const what = `TFTP ${atOnce} at a time, ${blksize} bytes, window ${window}${lossy}`;
    print(
      what,
      'MB/s',
      rows.map(([name, measured]) => [name, measured[index]]),
    );
  });
  print(
    'TFTP processor time, all without loss',
    'CPU s/GB',
    // What its own processes took, one for each transfer, is counted nowhere.
    rows.map(([name, measured]) => [name, name === 'tftpd-hpa' ? null : measured.at(-1)]),
    'less',
  );
}

/** @returns MB/s of each row, then with loss where `nft` is given, then CPU seconds for a GB without it */
async function measureAll(lab, server, atftp, nft) {
  for (const row of WARM_UP) await rate(lab, atftp, row);
  const before = server.cpu();
  const rates = [];
  for (const row of ROWS) rates.push(await rate(lab, atftp, row));
  const cpu = (server.cpu() - before) / (sum(ROWS.map(bytesOf)) / 1e9);
  return [...rates, nft === null ? null : await withLoss(lab, nft, () => rate(lab, atftp, LOSSY)), cpu];
}

/** A rack is switched on: one machine of each client, then all of them. By curl, which can ask from any address. */
export async function benchRack(lab, server, addresses) {
  const curl = which('curl');
  if (curl === null) return;
  const all = addresses.flatMap((own, index) =>
    own.map((address) => ({ client: lab.clients[index], address })),
  );
  const few = addresses.map(([address], index) => ({ client: lab.clients[index], address }));
  await inTurn(lab, [server], async (running) => {
    const fetchAll = async (machines) => {
      const began = process.hrtime.bigint();
      const ran = await Promise.all(
        machines.map(({ client, address }) =>
          run(client, [
            ...[curl, '-sf', '--interface', address, '--tftp-blksize', '1428'],
            ...['-o', '/dev/null', `tftp://${SERVER}/bsd.rd`],
          ]),
        ),
      );
      const seconds = Number(process.hrtime.bigint() - began) / 1e9;
      return ran.every(({ status }) => status === 0)
        ? (machines.length * LENGTHS['bsd.rd']) / 1e6 / seconds
        : null;
    };
    await fetchAll(few);
    const [less, memory] = [await fetchAll(few), running.memory()];
    const more = await fetchAll(all);
    compare(`${PRODUCT}, machines fetching a kernel`, 'MB/s', [few.length, less], [all.length, more], 1);
    compare(
      `${PRODUCT}, resident memory after it`,
      'MB',
      [few.length, memory],
      [all.length, running.memory()],
    );
  });
}

/**
 * Each server's middle round. Other work makes a busy machine slower and an idle one faster: alone and in lock step, two
 * programs that are woken on one processor have three times the rate of two that wake each other on another.
 */
function middleOf(rounds) {
  const names = new Set(rounds.flat().map(([name]) => name));
  return [...names].map((name) => {
    const own = rounds.flatMap((rows) =>
      rows.filter((row) => row[0] === name).map(([, measured]) => measured),
    );
    return [name, own[0].map((_, index) => middle(own.map((measured) => measured[index])))];
  });
}

function middle(values) {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? null;
}

async function withLoss(lab, nft, measure) {
  const [client] = lab.clients;
  const rules = [
    'add table ip loss',
    'add chain ip loss in { type filter hook input priority 0; }',
    'add rule ip loss in ip protocol udp numgen random mod 100 < 1 drop',
  ];
  const { status, output } = await run(client, [nft, rules.join('; ')]);
  if (status !== 0) throw new Error(`nft: ${output.trim()}`);
  try {
    return await measure();
  } finally {
    await run(client, [nft, 'delete table ip loss']);
  }
}

/** One fetches 10 MB; fifty fetch 1 MB each. */
const fileOf = ({ atOnce, file = atOnce === 1 ? 'bsd' : 'bsd.rd' }) => file;
const bytesOf = (row) => row.atOnce * LENGTHS[fileOf(row)];
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** @returns MB/s of all together, null if one failed */
async function rate(lab, atftp, row) {
  const { atOnce, blksize, window } = row;
  const file = fileOf(row);
  const began = process.hrtime.bigint();
  const fetched = await Promise.all(
    lab.clients.slice(0, atOnce).map(async (client) => {
      const local = join('/dev/shm', `${client}.fetched`);
      const { status } = await run(client, [
        ...[atftp, '--option', `blksize ${blksize}`, '--option', `windowsize ${window}`],
        ...['--get', '-r', file, '-l', local, SERVER],
      ]);
      const length = status === 0 ? statSync(local).size : 0;
      rmSync(local, { force: true });
      return length === LENGTHS[file];
    }),
  );
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  return fetched.every(Boolean) ? bytesOf(row) / 1e6 / seconds : null;
}
