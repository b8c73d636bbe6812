import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** Where a stage's services listen. */
export interface Ports {
  readonly dhcp: number;
  readonly tftp: number;
  readonly http: number;
  readonly web: number;
}

/** Does this system have the address? */
export function canBind(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(0, address, () => probe.close(() => resolve(true)));
  });
}

/** Of the network's services on `address`, and of the web on 127.0.0.1. */
export async function freePorts(address: string): Promise<Ports> {
  const [dhcp, tftp, http, web] = await Promise.all([
    freeUdpPort(address),
    freeUdpPort(address),
    freeTcpPort(address),
    freeTcpPort('127.0.0.1'),
  ]);
  return { dhcp, tftp, http, web };
}

function freeTcpPort(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, address, () => {
      const bound = probe.address();
      probe.close(() => resolve(typeof bound === 'object' && bound !== null ? bound.port : 0));
    });
  });
}

function freeUdpPort(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createSocket('udp4');
    probe.once('error', reject);
    probe.bind(0, address, () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
