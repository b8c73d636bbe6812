// Many consoles on a TCP port of the loopback: noise, a prompt, and how long its answer takes.
import { createServer } from 'node:net';
import { cut, noiseOf, randomOf } from './noise.mjs';

const NOISE = 20 * 1024;
const LARGEST_PIECE = 1500;
const WELCOME = 'Welcome to the OpenBSD/amd64 7.6 installation program.\r\n';

/**
 * Waits until `count` connections stand, then lets every one ask `warmUp` prompts that do not count and `rounds` that do.
 * @param pause longest pause between two pieces, in milliseconds
 * @returns the port, and `done`: the reactions in microseconds once all have ended
 */
export async function openConsoles({ count, warmUp, rounds, pause, started }) {
  const sockets = [];
  const reactions = [];
  let finish;
  const done = new Promise((resolve) => {
    finish = resolve;
  });
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    sockets.push(socket);
    if (sockets.length < count) return;
    const all = (seed, rounds, reactions) =>
      Promise.all(
        sockets.map((each, index) => converse(each, randomOf(seed + index), rounds, pause, reactions)),
      );
    setTimeout(async () => {
      for (const each of sockets) each.write(WELCOME);
      await all(count + 1, warmUp, []);
      started();
      await all(1, rounds, reactions);
      finish(reactions);
    }, 1000);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: server.address().port, done, close };
}

async function converse(socket, random, rounds, pause, reactions) {
  let answered = () => undefined;
  const hear = () => answered();
  socket.on('data', hear);
  for (let round = 0; round < rounds; round += 1) {
    for (const piece of cut(random, noiseOf(random, NOISE), LARGEST_PIECE)) {
      socket.write(piece);
      await sleep(random() * pause);
    }
    const answer = new Promise((resolve) => {
      answered = resolve;
    });
    const at = process.hrtime.bigint();
    socket.write(`Location of sets? (disk http nfs or 'done') [http${round}] `);
    await answer;
    reactions.push(Number(process.hrtime.bigint() - at) / 1000);
    answered = () => undefined;
    socket.write('\r\n');
  }
  socket.off('data', hear);
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
