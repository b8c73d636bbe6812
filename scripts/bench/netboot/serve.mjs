// The netboot service in a namespace: `node serve.mjs SETTINGS`, with the log that the product keeps.
import { readFileSync } from 'node:fs';
import { bindSockets } from '../../../dist/netboot/io/bind.js';
import { startNetboot } from '../../../dist/netboot/io/service.js';
import { SYSTEM_CLOCK } from '../../../dist/src/io/clock.js';
import { openLog } from '../../../dist/src/io/log.js';

const { catalog, setsDirectory } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const addresses = catalog.subnets.map(({ bootAddress }) => bootAddress);
const sockets = await bindSockets({ addresses, broadcast: true, dhcpPort: 67, tftpPort: 69, httpPort: 80 });
const netboot = startNetboot({ ...sockets, setsDirectory, clock: SYSTEM_CLOCK, log: openLog('netboot') });
await netboot.push(catalog);
