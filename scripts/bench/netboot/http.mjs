// A set, and many response files, by curl.
import { run, SERVER, which } from './lab.mjs';
import { inTurn, PRODUCT, print } from './table.mjs';

const SET_BYTES = 200_000_000;
const SETS_FETCHED = 3;
const RESPONSE_FILES = 1000;

export async function benchHttp(lab, servers) {
  const curl = which('curl');
  if (curl === null) {
    console.log('   HTTP: skipped, curl is not installed');
    return;
  }
  const [client] = lab.clients;
  const rows = await inTurn(lab, servers, async (server, name) => {
    const set = name === PRODUCT ? 'pub/OpenBSD/7.6/amd64/base76.tgz' : 'base76.tgz';
    const before = server.cpu();
    let seconds = 0;
    for (let count = 0; count < SETS_FETCHED; count += 1) {
      const fetched = await run(client, [curl, '-sf', '-o', '/dev/null', `http://${SERVER}/${set}`]);
      if (fetched.status !== 0) throw new Error('does not serve the set');
      seconds += fetched.seconds;
    }
    const cpu = server.cpu() - before;
    const memory = server.memory();
    const files = await run(client, [
      curl,
      '-sf',
      '-o',
      '/dev/null',
      `http://${SERVER}/install.conf?n=[1-${RESPONSE_FILES}]`,
    ]);
    return {
      set: (SETS_FETCHED * SET_BYTES) / 1e6 / seconds,
      cpu: cpu / ((SETS_FETCHED * SET_BYTES) / 1e9),
      files: files.status === 0 ? RESPONSE_FILES / files.seconds : null,
      memory,
    };
  });
  const of = (key) => rows.map(([name, measured]) => [name, measured[key]]);
  print('HTTP one set of 200 MB', 'MB/s', of('set'), 'more', 0);
  print('HTTP processor time', 'CPU s/GB', of('cpu'), 'less', 2);
  print(`HTTP ${RESPONSE_FILES} response files, one by one`, 'per second', of('files'), 'more', 0);
  print('HTTP resident memory after it', 'MB', of('memory'), 'less', 0);
}
