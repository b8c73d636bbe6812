// Sends DISCOVERs of strangers at an even pace: `node strangers.mjs SERVER COUNT PER_SECOND`.
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';

const [server, count, perSecond] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const own = networkInterfaces().eth0.find(({ family }) => family === 'IPv4').address;
const packet = Buffer.alloc(300);
packet.set([1, 1, 6, 0]);
packet.set(own.split('.').map(Number), 24);
packet.set([0x02, 0xbe], 28);
packet.set([99, 130, 83, 99, 53, 1, 1, 255], 236);

const socket = createSocket('udp4');
socket.bind(67, () => {
  socket.setSendBufferSize(1 << 20);
  const began = Date.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.min(count, Math.ceil(((Date.now() - began) / 1000) * perSecond));
    for (; sent < due; sent += 1) {
      packet.writeUInt32BE(sent, 4);
      packet.writeUInt32BE(sent, 30);
      socket.send(Buffer.from(packet), 67, server);
    }
    if (sent === count) {
      clearInterval(timer);
      setTimeout(() => socket.close(), 300);
    }
  }, 1);
});
