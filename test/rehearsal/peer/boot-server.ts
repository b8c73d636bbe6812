import { createSocket, type Socket } from 'node:dgram';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A DHCP and HTTP server of a few lines that knows nothing of the product. */
export interface BootServer {
  readonly dhcpPort: number;
  readonly httpPort: number;
  /** Path to body; what isn't there is a 404. May be changed at any time. */
  readonly files: Map<string, Uint8Array | string>;
  /** Every HTTP request: `path from`. */
  readonly requests: string[];
  /** Every DHCP message as it arrived. */
  readonly messages: Uint8Array[];
  close(): Promise<void>;
}

export interface BootServerOptions {
  readonly address: string;
  readonly leased: string;
  /** `file` of the header. */
  readonly filename?: string;
  readonly siaddr?: string;
  readonly hostName?: string;
  readonly silent?: boolean;
}

export async function openBootServer(options: BootServerOptions): Promise<BootServer> {
  const files = new Map<string, Uint8Array | string>();
  const requests: string[] = [];
  const messages: Uint8Array[] = [];
  const http = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    requests.push(`${request.url} ${request.socket.remoteAddress}`);
    const body = files.get(path);
    response.statusCode = body === undefined ? 404 : 200;
    const bytes = Buffer.from(body ?? '');
    response.setHeader('Content-Length', bytes.length);
    response.end(bytes);
  });
  await new Promise<void>((resolve) => http.listen(0, options.address, resolve));
  const dhcp = createSocket('udp4');
  dhcp.on('message', (bytes, from) => {
    messages.push(bytes);
    if (!options.silent) dhcp.send(replyTo(bytes, options), from.port, from.address);
  });
  await new Promise<void>((resolve) => dhcp.bind(0, options.address, resolve));
  return {
    dhcpPort: dhcp.address().port,
    httpPort: (http.address() as AddressInfo).port,
    files,
    requests,
    messages,
    close: () => close(http, dhcp),
  };
}

async function close(http: Server, dhcp: Socket): Promise<void> {
  dhcp.close();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
}

const quad = (address: string): number[] => address.split('.').map(Number);

/** OFFER for a DISCOVER, ACK for anything else: header copied, then the answer's own fields. */
function replyTo(request: Uint8Array, options: BootServerOptions): Uint8Array {
  const reply = new Uint8Array(request.subarray(0, 240));
  const discover = request[242] === 1;
  reply[0] = 2;
  reply.set(quad(options.leased), 16);
  reply.set(quad(options.siaddr ?? options.address), 20);
  reply.set(Buffer.from(options.filename ?? 'auto_install'), 108);
  const name = [...Buffer.from(options.hostName ?? '')];
  return Uint8Array.from([
    ...reply,
    ...[53, 1, discover ? 2 : 5],
    ...[54, 4, ...quad(options.address)],
    ...[6, 4, ...quad(options.address)],
    ...[15, 12, ...Buffer.from('demo.example')],
    ...(name.length === 0 ? [] : [12, name.length, ...name]),
    255,
  ]);
}
