import { describe, expect, it } from 'vitest';
import { parseChannel, refuseHost, refuseOrigin } from '../../src/web/guard.ts';

describe('refuseHost', () => {
  it.each([
    ['localhost:8080', '127.0.0.1'],
    ['LOCALHOST', '127.0.0.1'],
    ['127.0.0.1:8080', '192.0.2.1'],
    ['127.77.0.1', '127.0.0.1'],
    ['[::1]:8080', '127.0.0.1'],
    ['192.0.2.1:8080', '192.0.2.1'],
    ['192.0.2.7:8080', '0.0.0.0'],
  ])('lets %s through on %s', (header, address) => {
    expect(refuseHost(header, address)).toBeNull();
  });

  it.each([
    [undefined, '127.0.0.1'],
    ['', '127.0.0.1'],
    ['attacker.example', '127.0.0.1'],
    ['127.0.0.1.attacker.example', '127.0.0.1'],
    ['localhost.attacker.example:8080', '0.0.0.0'],
    ['192.0.2.7', '192.0.2.1'],
    ['127.0.0.1:99999999', '127.0.0.1'],
  ])('refuses %s on %s, and says which names do', (header, address) => {
    expect(refuseHost(header, address)).toContain('localhost');
  });
});

describe('refuseOrigin', () => {
  it.each([
    [undefined, 'localhost:1', true],
    ['http://localhost:1', 'localhost:1', true],
    ['https://localhost:1', 'localhost:1', true],
    ['http://localhost:2', 'localhost:1', false],
    ['http://attacker.example', 'localhost:1', false],
    ['null', 'localhost:1', false],
  ])('%s at %s', (origin, host, allowed) => {
    expect(refuseOrigin(origin, host) === null).toBe(allowed);
  });
});

describe('parseChannel', () => {
  it.each([
    ['/api/v1/events', { kind: 'events', vm: null }],
    ['/api/v1/events?vm=web1', { kind: 'events', vm: 'web1' }],
    ['/api/v1/console/web1', { kind: 'console', vm: 'web1' }],
    ['/api/v1/console/web1?x=y', { kind: 'console', vm: 'web1' }],
    ['/api/v1/console/a%2Fb', { kind: 'console', vm: 'a/b' }],
    ['/api/v1/console/%E0%A4', null],
    ['/api/v1/console/', null],
    ['/api/v1/console/a/b', null],
    ['//', null],
    ['', null],
  ])('%s', (target, channel) => {
    expect(parseChannel(target)).toEqual(channel);
  });
});
