import { describe, expect, it } from 'vitest';
import { route } from '../../../netboot/http/routes.ts';
import { lookupOf } from '../../../netboot/lookup.ts';
import { ARMED, CATALOG, MAIL, NOON, TOKEN, WEB } from '../example.ts';

const lookup = lookupOf(CATALOG);
const ask = (url: string, remoteAddress: string = WEB.address, now = NOON, method = 'GET') =>
  route({ method, url, remoteAddress }, lookup, now);
const TEXT = 'System hostname = web\nPassword for root account = *************\n';
const MAC = `/${WEB.lladdr}-install.conf`;

describe('the response file of an armed client', () => {
  it.each([
    ['by lladdr', MAC],
    ['by lladdr, upper case', `/${WEB.lladdr.toUpperCase()}-install.conf`],
    ['by lladdr, escaped', `/${WEB.lladdr.replaceAll(':', '%3A')}-install.conf`],
    ['with the directory of its release', `${MAC}?path=7.6/amd64`],
    ['with that directory escaped', `${MAC}?path=7.6%2Famd64`],
    ['by host name', '/web-install.conf?path=7.6/amd64'],
    ['by nothing but its address', '/install.conf'],
  ])('%s', (_, url) => {
    expect(ask(url)).toMatchObject({ kind: 'text', subject: 'response-file', client: WEB, text: TEXT });
  });

  it('goes to an address inside of IPv6', () => {
    expect(ask(MAC, `::ffff:${WEB.address}`).kind).toBe('text');
  });

  it.each([
    ['any address of its /64', '2001:db8:0:7:5054:ff:fe12:3456', 'text'],
    ['no address of another /64', '2001:db8:0:8::1', 'refused'],
    ['no address that everybody has', 'fe80::5054:ff:fe12:3456%em0', 'refused'],
  ])('goes to %s', (_, from, kind) => {
    const clients = [{ ...WEB, ipv6: '2001:db8:0:7::/64' }];
    const request = { method: 'GET', url: '/install.conf', remoteAddress: from };
    expect(route(request, lookupOf({ ...CATALOG, clients }), NOON).kind).toBe(kind);
  });

  it.each(['198.51.100.1', '10.77.0.8', '::1', ''])('goes to who holds the token, from %j too', (from) => {
    const found = ask(`/r/${TOKEN}/install.conf?path=7.6/amd64`, from);
    expect(found).toMatchObject({ kind: 'text', client: WEB, text: TEXT, shown: '/r/***/install.conf' });
  });
});

describe('refusals', () => {
  it.each<[string, string, string, number, RegExp]>([
    ['a stranger', MAC, '10.77.0.99', NOON, /address other than 10.77.0.7/],
    ['a stranger without a name', '/install.conf', '10.77.0.99', NOON, /unknown address/],
    ['another client', MAC, MAIL.address, NOON, /address other than 10.77.0.7/],
    ['an unknown lladdr', '/02:00:00:00:00:01-install.conf', WEB.address, NOON, /unknown lladdr 02:/],
    ['a client that is not armed', `/${MAIL.lladdr}-install.conf`, MAIL.address, NOON, /not armed/],
    ['an expired arming', MAC, WEB.address, ARMED.until, /expired/],
    ['an expired token', `/r/${TOKEN}/install.conf`, WEB.address, ARMED.until, /expired/],
    ['a wrong token', `/r/${TOKEN.slice(0, -1)}B/install.conf`, WEB.address, NOON, /unknown token/],
    ['the beginning of a token', `/r/${TOKEN.slice(0, -1)}/install.conf`, WEB.address, NOON, /unknown token/],
    ['a token and more', `/r/${TOKEN}A/install.conf`, WEB.address, NOON, /unknown token/],
    ['a report without a token from a stranger', '/install-done', '198.51.100.1', NOON, /unknown address/],
    ['a report of a client that is not armed', '/install-done', MAIL.address, NOON, /not armed/],
    ['an unknown token for a report', '/install-done/nothing', WEB.address, NOON, /unknown token/],
    [
      'the other mode',
      `/${WEB.lladdr}-upgrade.conf`,
      WEB.address,
      NOON,
      /armed for install, asked for upgrade/,
    ],
    ['another release', `${MAC}?path=7.5/amd64`, WEB.address, NOON, /^booted 7\.5, wants 7\.6$/],
    ['a snapshot', `/r/${TOKEN}/install.conf?path=snapshots/amd64`, WEB.address, NOON, /booted snapshots/],
    ['another architecture', `${MAC}?path=7.6/i386`, WEB.address, NOON, /booted 7.6\/i386, wants 7.6\/amd64/],
    ['another host name', '/mail-install.conf', WEB.address, NOON, /not the host name of web/],
    ['the root', '/', WEB.address, NOON, /no such path/],
    ['a listing', '/pub/OpenBSD/7.6/amd64/', WEB.address, NOON, /no such path/],
    ['a climb', '/pub/OpenBSD/7.6/amd64/../../../../etc/passwd', WEB.address, NOON, /no such path/],
    ['an escaped climb', '/pub/OpenBSD/7.6/amd64/%2e%2e%2fbsd', WEB.address, NOON, /no such path/],
    ['a hidden file', '/pub/OpenBSD/7.6/amd64/.htaccess', WEB.address, NOON, /no such path/],
  ])('%s', (_, url, from, now, reason) => {
    const found = ask(url, from, now);
    expect(found).toMatchObject({ kind: 'refused', status: 404 });
    expect(found.kind === 'refused' && found.reason).toMatch(reason);
    expect(found.shown).not.toContain(TOKEN.slice(0, -1));
  });

  it.each([
    ['a NUL', '/bsd%00'],
    ['a broken escape', '/%zz'],
    ['a full URL', 'http://example.org/'],
    ['nothing', ''],
  ])('%s is not a path', (_, url) => {
    expect(ask(url)).toMatchObject({ kind: 'refused', status: 400 });
  });

  it('shows of a path and a method no more than a line of the log bears', () => {
    const found = ask(`/${'x'.repeat(5000)}`, WEB.address, NOON, `G${'E'.repeat(5000)}T`);
    expect(found.shown.length).toBeLessThan(250);
    expect(found.kind === 'refused' && found.reason.length).toBeLessThan(250);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is not allowed', (method) => {
    expect(ask(MAC, WEB.address, NOON, method)).toMatchObject({ kind: 'refused', status: 405 });
  });

  it('names the armed client whose lladdr was asked for from elsewhere', () => {
    expect(ask(MAC, '10.77.0.99').client).toBe(WEB);
  });

  it('is what an answer that cannot be written ends in, without its value', () => {
    const answers = [{ key: 'Password for root account', value: 'two\nlines', secret: true }];
    const broken = lookupOf({ ...CATALOG, clients: [{ ...WEB, armed: { ...ARMED, answers } }] });
    const found = route({ method: 'GET', url: MAC, remoteAddress: WEB.address }, broken, NOON);
    expect(found.kind === 'refused' && found.reason).toMatch(/line break/);
    expect(JSON.stringify(found.kind === 'refused' && found.reason)).not.toContain('two');
  });
});

describe('the rest', () => {
  it.each([
    '7.6/amd64/base76.tgz',
    'snapshots/arm64/SHA256.sig',
    '7.6/amd64/site76-web.tgz',
    '7.6/amd64/template.txt',
  ])('serves the set %s to anybody', (name) => {
    const path = `pub/OpenBSD/${name}`;
    expect(ask(`/${path}`, '198.51.100.1')).toMatchObject({ kind: 'file', path, client: null });
    expect(ask(`/${path}`)).toMatchObject({ kind: 'file', path, client: WEB });
  });

  it('takes two slashes for one, as of a directory that was answered with a slash at its end', () => {
    const path = 'pub/OpenBSD/7.6/amd64/base76.tgz';
    expect(ask('//pub/OpenBSD/7.6/amd64///base76.tgz')).toMatchObject({ kind: 'file', path });
  });

  it('makes the list of the sets for anybody', () => {
    const found = ask('/pub/OpenBSD/7.6/amd64/index.txt', '198.51.100.1');
    expect(found).toMatchObject({ kind: 'index', subject: 'set', directory: 'pub/OpenBSD/7.6/amd64' });
  });

  it('hears that an install is done, even late', () => {
    const found = ask(`/install-done/${TOKEN}`, '198.51.100.1', ARMED.until + 1);
    expect(found).toMatchObject({ kind: 'done', client: WEB, token: TOKEN, shown: '/install-done/***' });
  });

  it('hears it without a token from the address of an armed client', () => {
    expect(ask('/install-done', WEB.address)).toMatchObject({ kind: 'done', client: WEB, token: TOKEN });
  });
});
