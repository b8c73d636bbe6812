// puffboot's driver on COUNT connections to a port of the loopback, in one process.
import { openAddress } from '../../../dist/console/io/address.js';
import { drive } from '../../../dist/console/io/driver.js';
import { SYSTEM_CLOCK } from '../../../dist/src/io/clock.js';

const [port, count] = process.argv.slice(2).map(Number);
const facts = { mode: 'type', answers: [], location: null, until: 'congratulations' };

for (let index = 0; index < count; index += 1) {
  void openAddress({ kind: 'telnet', host: '127.0.0.1', port }).then((line) =>
    drive({ line, clock: SYSTEM_CLOCK, facts, console: 'other' }),
  );
}
