// Exchanges per second by perfdhcp as a relay, and what packets of strangers cost.
import { fileURLToPath } from 'node:url';
import { run, SERVER, which } from './lab.mjs';
import { compare, inTurn, PRODUCT, print } from './table.mjs';

const STRANGERS = 20_000;
/** Exchanges a second. */
const [WARM_UP, SLOWEST, FASTEST] = [3000, 2000, 40_000];
const [COARSE, FINE] = [1.5, 1.08];

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

/**
 * Climbs in large steps until one in a hundred packets is lost, then in small ones from the best rate that went well. A step
 * is given up when it failed twice: another program may have had the processor once. @returns exchanges a second
 */
async function fastest(client, perfdhcp, reservations) {
  const climb = async (from, done, step) => {
    let [rate, best] = [from, done];
    for (let misses = 0; misses < 2 && rate * step <= FASTEST; ) {
      const reached = await exchanges(client, perfdhcp, reservations, rate * step);
      const isMore = reached > best * 1.01;
      misses = isMore ? 0 : misses + 1;
      if (isMore) [rate, best] = [rate * step, reached];
    }
    return [rate, best];
  };
  await exchanges(client, perfdhcp, reservations, WARM_UP);
  const [rate, best] = await climb(SLOWEST, 0, COARSE);
  return (await climb(rate, best, FINE))[1];
}

/**
 * Begins so many exchanges in one second, by one thread: with two, the client itself would have both of two processors.
 * @returns how many were finished, 0 where one in a hundred packets was lost
 */
async function exchanges(client, perfdhcp, reservations, rate) {
  const { output } = await run(client, [
    ...[perfdhcp, '-4', '-l', 'eth0', '-b', 'mac=00:0c:01:02:00:00', '-R', String(reservations), '-s', '7'],
    ...['-g', 'single', '-r', String(Math.round(rate)), '-p', '1', '-W', '200000', SERVER],
  ]);
  const [sent, received] = ['sent', 'received'].map((what) =>
    [...output.matchAll(new RegExp(`^${what} packets: (\\d+)`, 'gm'))].map(([, count]) => Number(count)),
  );
  return sum(received) > 0.99 * sum(sent) ? (received.at(-1) ?? 0) : 0;
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

async function ignoredPerCpuSecond(client, server) {
  const program = fileURLToPath(new URL('strangers.mjs', import.meta.url));
  const send = () => run(client, [process.execPath, program, SERVER, String(STRANGERS), '8000']);
  await send();
  const before = server.cpu();
  await send();
  return STRANGERS / Math.max(server.cpu() - before, 0.01);
}
