import type { Ipv4 } from '../common/address.ts';
import { refuse } from './refusal.ts';

const FORMAT = 'httpd.conf(5)';

/**
 * httpd.conf(5) for a host that keeps httpd(8) on port 80: the installer asks for its response file there, and is sent on
 * to boot HTTP. Nothing else that httpd serves is touched. The installer names the server by its address, so that this
 * server is the one that is meant, whatever others listen there.
 *
 * @param port of boot HTTP; 80 needs no httpd
 * @throws OperatorError FILE_REFUSED for a port that is none
 */
export function renderHttpdConf(address: Ipv4, port: number): string {
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw refuse(FORMAT, 'a port is 1 to 65535', port);
  if (port === 80) return '# Boot HTTP has port 80 itself: nothing to do here.\n';
  const paths = ['/*install.conf', '/*upgrade.conf', '/install-done*'];
  return [
    `server "${address}" {`,
    `\tlisten on ${address} port 80`,
    ...paths.flatMap((path) => [
      `\tlocation "${path}" {`,
      `\t\tblock return 302 "http://${address}:${port}$REQUEST_URI"`,
      '\t}',
    ]),
    '}',
    '',
  ].join('\n');
}
