// Exchanges per second by perfdhcp as a relay, and what packets of strangers cost.
import { fileURLToPath } from 'node:url';
import { run, SERVER, which } from './lab.mjs';
import { compare, inTurn, PRODUCT, print } from './table.mjs';

const STRANGERS = 20_000;
/** Exchanges a second. */
const [WARM_UP, SLOWEST, FASTEST] = [1500, 1500, 30_000];

export async function benchDhcp(lab, servers, reservations) {
  const perfdhcp = which('perfdhcp');
  if (perfdhcp === null) console.log('   DHCP exchanges: skipped, perfdhcp is not installed');
  const [client] = lab.clients;
  const rows = await inTurn(lab, servers, async (server) => ({
    exchanges: perfdhcp === null ? null : await fastest(client, perfdhcp, reservations),
    ignored: await ignoredPerCpuSecond(client, server),
  }));
  const of = (key) => rows.map(([name, measured]) => [name, measured[key]]);
  print(`DHCP exchanges, ${reservations} reservations, < 1% lost`, 'per second', of('exchanges'), 'more', 0);
  print('DHCP packets of strangers', 'per CPU s', of('ignored'), 'more', 0);
}

/** The product with many more reservations than a host has. */
export async function benchManyReservations(lab, few, many) {
  const perfdhcp = which('perfdhcp');
  if (perfdhcp === null) return;
  const [client] = lab.clients;
  const measured = [];
  for (const { machines, server } of [few, many]) {
    const [[, rate]] = await inTurn(lab, [server], () => fastest(client, perfdhcp, machines));
    measured.push([`${machines} reservations`, rate]);
  }
  compare(`${PRODUCT}, DHCP exchanges`, 'per second', ...measured);
}

/** Average time in milliseconds until a REQUEST is answered, at an easy pace. @returns null where some were lost */
export async function answerTime(client, reservations) {
  const perfdhcp = which('perfdhcp');
  if (perfdhcp === null) return null;
  const { output } = await run(client, [
    ...[perfdhcp, '-4', '-l', 'eth0', '-b', 'mac=00:0c:01:02:00:00', '-R', String(reservations), '-s', '7'],
    ...['-r', '200', '-p', '2', '-W', '500000', SERVER],
  ]);
  const delays = [...output.matchAll(/^avg delay: ([\d.]+) ms/gm)];
  return delays.length === 2 ? Number(delays[1][1]) : null;
}

/** Raises the rate until one in a hundred is lost, twice in a row. @returns the best rate of whole exchanges */
async function fastest(client, perfdhcp, reservations) {
  const exchange = async (rate) => {
    const { output } = await run(client, [
      ...[perfdhcp, '-4', '-l', 'eth0', '-b', 'mac=00:0c:01:02:00:00', '-R', String(reservations), '-s', '7'],
      ...['-r', String(rate), '-p', '1', '-W', '200000', SERVER],
    ]);
    const [sent = 0, received = 0] = ['sent', 'received'].map((what) =>
      [...output.matchAll(new RegExp(`^${what} packets: (\\d+)`, 'gm'))].reduce(
        (sum, [, n]) => sum + Number(n),
        0,
      ),
    );
    const [, done = 0] = /^Rate: ([\d.]+) 4-way/m.exec(output) ?? [];
    return received > sent * 0.99 ? Number(done) : 0;
  };
  await exchange(WARM_UP);
  let [best, misses] = [0, 0];
  for (let rate = SLOWEST; rate <= FASTEST && misses < 2; rate = Math.round(rate * 1.4)) {
    const done = await exchange(rate);
    misses = done > best ? 0 : misses + 1;
    best = Math.max(best, done);
  }
  return best;
}

async function ignoredPerCpuSecond(client, server) {
  const program = fileURLToPath(new URL('strangers.mjs', import.meta.url));
  const before = server.cpu();
  await run(client, [process.execPath, program, SERVER, String(STRANGERS), '8000']);
  return STRANGERS / Math.max(server.cpu() - before, 0.01);
}
