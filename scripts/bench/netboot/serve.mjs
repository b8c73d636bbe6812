// The netboot service in a namespace, in two processes as in the product: `node serve.mjs SETTINGS READY_PORT`.
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { bindSockets } from '../../../dist/netboot/io/bind.js';
import { startNetboot } from '../../../dist/netboot/io/service.js';
import { threadsWorthwhile, transferThreads } from '../../../dist/netboot/io/tftp-threads.js';
import { joinNetboots } from '../../../dist/netboot/join.js';
import { forkBootHttp } from '../../../dist/src/cli/processes/boot-http-fork.js';
import { SYSTEM_CLOCK } from '../../../dist/src/io/clock.js';
import { openLog } from '../../../dist/src/io/log.js';

const { catalog, setsDirectory } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const addresses = catalog.subnets.map(({ bootAddress }) => bootAddress);
const sockets = await bindSockets({ addresses, broadcast: true, dhcpPort: 67, tftpPort: 69, httpPort: 80 });
const parts = { clock: SYSTEM_CLOCK, log: openLog('netboot'), onDeath: () => process.exit(1) };
const bootHttp = forkBootHttp(sockets.http, { setsDirectory }, parts);
const program = new URL('../../../dist/src/cli/processes/tftp-thread.js', import.meta.url);
const transfers = transferThreads({ program, count: threadsWorthwhile(), ...parts });
const netboot = startNetboot({
  ...sockets,
  http: [],
  setsDirectory,
  startTransfer: transfers.start,
  // No machine asks a hundred times a second. What is measured is told of, for few machines as for many.
  mostDhcpTold: Number.POSITIVE_INFINITY,
  ...parts,
});
await joinNetboots(netboot, bootHttp.netboot).push(catalog);
// What waits for it sees by this port that it has started.
createSocket('udp4').bind(Number(process.argv[3]));
