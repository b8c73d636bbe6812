import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { bindSockets, closeSockets } from '../../../netboot/io/bind.ts';
import type { Ipv4 } from '../../../src/common/address.ts';
import { OperatorError } from '../../../src/common/error.ts';
import { LOOPBACK, openUdp, portsOf } from './running.ts';

const FREE = { addresses: [LOOPBACK], broadcast: false, dhcpPort: 0, tftpPort: 0, httpPort: 0 };

async function refusal(promise: Promise<unknown>): Promise<OperatorError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OperatorError)) throw new Error(`not an OperatorError: ${error}`);
  return error;
}

describe('bindSockets', () => {
  it('opens a socket for each service and address, each address once', async () => {
    const sockets = await bindSockets({ ...FREE, addresses: [LOOPBACK, LOOPBACK] });
    expect([sockets.dhcp.length, sockets.tftp.length, sockets.http.length]).toEqual([1, 1, 1]);
    expect(sockets.http[0]?.listening).toBe(true);
    await closeSockets(sockets);
  });

  it('shares the DHCP port between the address and broadcasts, but with nobody else', async () => {
    const free = await openUdp();
    const dhcpPort = free.port;
    free.close();
    const sockets = await bindSockets({ ...FREE, broadcast: true, dhcpPort });
    expect(sockets.dhcp.map((socket) => socket.address().address)).toEqual(['0.0.0.0', LOOPBACK]);
    const error = await refusal(bindSockets({ ...FREE, broadcast: true, dhcpPort }));
    expect(error.code).toBe('ADDRESS_IN_USE');
    await closeSockets(sockets);
  });

  it('sees a holder that would share the port', async () => {
    const holder = createSocket({ type: 'udp4', reuseAddr: true });
    holder.bind(0, LOOPBACK);
    await once(holder, 'listening');
    const dhcpPort = holder.address().port;
    const error = await refusal(bindSockets({ ...FREE, broadcast: true, dhcpPort }));
    expect(error.message).toBe(
      `cannot open UDP port ${dhcpPort} of 0.0.0.0 for DHCP: another program holds it`,
    );
    holder.close();
  });

  it('names the TCP port that is taken, and lets the others go', async () => {
    const holder = createServer().listen(0, LOOPBACK);
    await once(holder, 'listening');
    const address = holder.address();
    const httpPort = typeof address === 'object' && address !== null ? address.port : 0;
    const free = await openUdp();
    const dhcpPort = free.port;
    free.close();
    const error = await refusal(bindSockets({ ...FREE, dhcpPort, httpPort }));
    expect(error.code).toBe('ADDRESS_IN_USE');
    expect(error.message).toContain(`TCP port ${httpPort} of 127.0.0.1 for boot HTTP`);
    const sockets = await bindSockets({ ...FREE, dhcpPort });
    expect(portsOf(sockets).dhcp).toBe(dhcpPort);
    await closeSockets(sockets);
    holder.close();
  });

  it('names an address that is not there', async () => {
    const error = await refusal(bindSockets({ ...FREE, addresses: ['192.0.2.1' as Ipv4] }));
    expect(error.code).toBe('ADDRESS_UNAVAILABLE');
    expect(error.message).toContain('192.0.2.1');
  });
});
