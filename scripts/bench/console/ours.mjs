// puffboot's driver on COUNT connections to a port of the loopback, in one process.
import { connect } from 'node:net';
import { drive } from '../../../dist/console/io/driver.js';
import { SYSTEM_CLOCK } from '../../../dist/src/io/clock.js';

const [port, count] = process.argv.slice(2).map(Number);
const facts = { mode: 'type', answers: [], location: null, until: 'congratulations' };

for (let index = 0; index < count; index += 1) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  const line = {
    title: `console ${index}`,
    onOutput(listener) {
      socket.on('data', listener);
      return () => socket.off('data', listener);
    },
    write: (bytes) => void socket.write(bytes),
    closed: new Promise((resolve) => socket.once('close', () => resolve({ exitCode: null, signal: null }))),
    close: () => socket.destroy(),
  };
  void drive({ line, clock: SYSTEM_CLOCK, facts, console: 'other' });
}
