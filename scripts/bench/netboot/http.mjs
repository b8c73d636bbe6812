// A set, and many response files, by curl.

import { answerTime } from './dhcp.mjs';
import { run, SERVER, which } from './lab.mjs';
import { compare, inTurn, PRODUCT, print } from './table.mjs';

const SET_BYTES = 200_000_000;
const SETS_FETCHED = 3;
const SMALL_BYTES = 20_000_000;
const SMALL_AT_ONCE = 10;
const RESPONSE_FILES = 1000;
/** What a server that has run for weeks has behind it: it is not its compiler that is to be measured. */
const WARM_UP_FILES = 2000;

/** @param addresses a list for each client */
export async function benchHttp(lab, servers, addresses) {
  const curl = which('curl');
  if (curl === null) {
    console.log('   HTTP: skipped, curl is not installed');
    return;
  }
  const [client] = lab.clients;
  // The product tells of a machine a thousand times a minute: what is measured is told of, too.
  const [measured, ...others] = addresses[0];
  console.log(`   HTTP: each server first answers for ${WARM_UP_FILES} response files and a set, untimed`);
  const rows = await inTurn(lab, servers, async (server, name) => {
    const prefix = name === PRODUCT ? SETS : '';
    const set = `${prefix}base76.tgz`;
    await warmUp(client, curl, others, prefix);
    const before = server.cpu();
    let seconds = 0;
    for (let count = 0; count < SETS_FETCHED; count += 1) {
      const fetched = await run(client, [curl, '-sf', '-o', '/dev/null', `http://${SERVER}/${set}`]);
      if (fetched.status !== 0) throw new Error('does not serve the set');
      seconds += fetched.seconds;
    }
    const cpu = server.cpu() - before;
    const memory = server.memory();
    const files = await fetchResponseFiles(client, curl, measured, RESPONSE_FILES);
    const several = await fetchAll(lab.clients.slice(0, SMALL_AT_ONCE), curl, `${prefix}comp76.tgz`);
    return {
      several: several === null ? null : (SMALL_AT_ONCE * SMALL_BYTES) / 1e6 / several,
      set: (SETS_FETCHED * SET_BYTES) / 1e6 / seconds,
      cpu: cpu / ((SETS_FETCHED * SET_BYTES) / 1e9),
      files: files.status === 0 ? RESPONSE_FILES / files.seconds : null,
      memory,
    };
  });
  const of = (key) => rows.map(([name, result]) => [name, result[key]]);
  print('HTTP one set of 200 MB', 'MB/s', of('set'), 'more', 0);
  print(`HTTP ${SMALL_AT_ONCE} sets of 20 MB at once`, 'MB/s', of('several'), 'more', 0);
  print('HTTP processor time', 'CPU s/GB', of('cpu'), 'less', 2);
  print(`HTTP ${RESPONSE_FILES} response files, one by one`, 'per second', of('files'), 'more', 0);
  print('HTTP resident memory after it', 'MB', of('memory'), 'less', 0);
}

/** Does DHCP answer as fast while sets are fetched? */
export async function benchDhcpMeanwhile(lab, server, reservations) {
  const curl = which('curl');
  const [client, ...others] = lab.clients;
  await inTurn(lab, [server], async () => {
    await answerTime(client, reservations); // warms it up
    const alone = await answerTime(client, reservations);
    let done = false;
    const fetching = (async () => {
      while (!done) await fetchAll(others.slice(0, 2), curl, `${SETS}comp76.tgz`);
    })();
    const meanwhile = await answerTime(client, reservations);
    done = true;
    await fetching;
    compare(`${PRODUCT}, a DHCP answer`, 'ms', ['alone', alone], ['while 2 sets are fetched', meanwhile], 2);
  });
}

const SETS = 'pub/OpenBSD/7.6/amd64/';

async function warmUp(client, curl, addresses, prefix) {
  for (const address of addresses)
    await fetchResponseFiles(client, curl, address, Math.ceil(WARM_UP_FILES / addresses.length));
  await run(client, [curl, '-sf', '-o', '/dev/null', `http://${SERVER}/${prefix}comp76.tgz`]);
}

const fetchResponseFiles = (client, curl, address, count) =>
  run(client, [
    ...[curl, '-sf', '--interface', address, '-o', '/dev/null'],
    `http://${SERVER}/install.conf?n=[1-${count}]`,
  ]);

/** Each of them once. @returns seconds, null if one failed */
async function fetchAll(clients, curl, path) {
  const began = process.hrtime.bigint();
  const url = `http://${SERVER}/${path}`;
  const ran = await Promise.all(clients.map((client) => run(client, [curl, '-sf', '-o', '/dev/null', url])));
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  return ran.every(({ status }) => status === 0) ? seconds : null;
}
