// What Node.js itself costs: the least that answers DHCP, TFTP and HTTP by its own sockets, with nothing looked up, checked,
// logged or sent again. Nobody could boot from it; it says how much of the product's time is the product's.
// `node bare.mjs ROOT`
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const root = process.argv[2];
const SERVER = '10.77.0.1';
const [DISCOVER, OFFER, ACK] = [1, 2, 5];

const dhcp = createSocket('udp4');
dhcp.bind(67, SERVER);
dhcp.on('message', (packet, { port, address }) => {
  const asked = packet.indexOf(Uint8Array.of(53, 1), 240);
  if (packet[28] === 0x02) return; // a stranger's
  const reply = Buffer.alloc(300);
  packet.copy(reply, 0, 0, 240);
  reply[0] = 2;
  reply.set([10, 77, 1 + packet[32], packet[33]], 16);
  reply.set(
    [53, 1, packet[asked + 2] === DISCOVER ? OFFER : ACK, 54, 4, 10, 77, 0, 1, 51, 4, 0, 0, 14, 16, 255],
    240,
  );
  dhcp.send(reply, port, address);
});

const files = new Map();
const fileOf = (name) => {
  if (!files.has(name)) files.set(name, readFileSync(join(root, name)));
  return files.get(name);
};

const tftp = createSocket('udp4');
tftp.bind(69, SERVER);
tftp.on('message', (request, peer) => {
  const [name, , ...words] = request.subarray(2).toString('latin1').split('\0');
  const option = (wanted, otherwise) => Number(words[words.indexOf(wanted) + 1] || otherwise);
  const [size, window] = [option('blksize', 512), option('windowsize', 1)];
  const bytes = fileOf(name);
  const last = Math.floor(bytes.length / size) + 1;
  const socket = createSocket('udp4');
  socket.bind(0, SERVER, () =>
    socket.connect(peer.port, peer.address, () =>
      socket.send(Buffer.from(`\0\x06blksize\0${size}\0windowsize\0${window}\0`, 'latin1')),
    ),
  );
  let acknowledged = 0;
  socket.on('message', (ack) => {
    acknowledged += (ack.readUInt16BE(2) - acknowledged) & 0xffff;
    if (acknowledged === last) return socket.close();
    for (let block = acknowledged + 1; block <= Math.min(acknowledged + window, last); block += 1) {
      const start = (block - 1) * size;
      socket.send([Uint8Array.of(0, 3, block >>> 8, block), bytes.subarray(start, start + size)]);
    }
  });
  socket.on('error', () => socket.close());
});

createServer((request, response) => {
  const body = fileOf(request.url.slice(1).split('?')[0]);
  response.writeHead(200, { 'Content-Length': body.length });
  response.end(body);
}).listen(80, SERVER);
