import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandArgv, consoleArgv, fitsSocket } from '../../src/host/ssh-argv.ts';
import { isTurnedAway, sshTrouble } from '../../src/host/ssh-trouble.ts';
import { quoteWord, remoteCommand } from '../../src/host/ssh-words.ts';
import { shellWords } from '../../src/rehearsal/root/shell-words.ts';

/** What sh(1) makes of a command line, each word ended by a NUL. */
const bySh = (line: string): string[] =>
  execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);

const word = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll('\0', ''));
/** Where quoting goes wrong, if it does. */
const nasty = fc
  .array(fc.constantFrom("'", '"', '\\', '$', '`', '\n', ' ', '*', '!', '~', '=', '-', ';', '&', 'a'), {
    maxLength: 8,
  })
  .map((parts) => parts.join(''));

describe('words for a remote shell', () => {
  it('reach the command as they are, whatever they hold', () => {
    // Many words in few shells: each costs a process.
    const words = fc.array(fc.oneof(word, nasty), { minLength: 40, maxLength: 60 });
    fc.assert(
      fc.property(words, (all) => {
        const line = remoteCommand(all);
        expect(bySh(line)).toEqual(all);
        expect(shellWords(line)).toEqual({ words: all });
      }),
      { numRuns: 12 },
    );
  });

  it.each([
    ['vmctl', 'vmctl'],
    ['/home/vm/web1-0.qcow2', '/home/vm/web1-0.qcow2'],
    ['', "''"],
    ["it's", "'it'\\''s'"],
    ['A=b', "'A=b'"],
    ['-rf', '-rf'],
    ['~', "'~'"],
  ])('%j becomes %s', (text, quoted) => {
    expect(quoteWord(text)).toBe(quoted);
  });

  it('may hold no NUL', () => {
    expect(() => remoteCommand(['echo', 'a\0b'])).toThrow(/NUL/);
  });
});

describe('the shell of the simulated host', () => {
  it.each([
    ['echo "a $b"', { words: ['echo', 'a $b'] }],
    ['echo "\\"\\\\\\n"', { words: ['echo', '"\\\\n'] }],
    ['echo a\\ b', { words: ['echo', 'a b'] }],
    ['  ', { words: [] }],
    ["echo 'a", { error: 'sh: no closing quote' }],
    ['echo $HOME', { error: 'sh: unquoted "$": not part of the simulated host' }],
    ['rm -rf / ; ls', { error: 'sh: unquoted ";": not part of the simulated host' }],
  ])('takes %s apart', (line, result) => {
    expect(shellWords(line)).toEqual(result);
  });
});

describe('arguments of ssh', () => {
  const target = { address: 'ops@vmm7', port: 2222, identity: '/k e%y', knownHosts: '/kh' };

  it('are words of its own, then the address, then one command line', () => {
    const argv = commandArgv(target, '/s', ['cat', 'a b']);
    expect(argv.slice(-3)).toEqual(['--', 'ops@vmm7', "cat 'a b'"]);
    expect(argv).toEqual(
      expect.arrayContaining(['-p', '2222', 'IdentityFile="/k e%%y"', 'UserKnownHostsFile="/kh"']),
    );
    expect(argv).toEqual(
      expect.arrayContaining(['BatchMode=yes', 'StrictHostKeyChecking=yes', 'ControlPath="/s"']),
    );
  });

  it('give a console a terminal and a connection of its own', () => {
    const argv = consoleArgv({ address: 'vmm7' }, '/log', ['vmctl', 'console', 'web1']);
    expect(argv).toEqual(expect.arrayContaining(['-tt', '-e', 'none', 'ControlPath=none', '-E', '/log']));
    expect(argv.at(-1)).toBe('vmctl console web1');
  });

  it.each([
    ['/var/puffboot/ssh/af8a5b35.12345', true],
    [`/${'x'.repeat(85)}`, true],
    [`/${'x'.repeat(86)}`, false],
    [`/${'é'.repeat(43)}`, false],
  ])('fit into a socket: %s', (path, fits) => {
    expect(fitsSocket(path)).toBe(fits);
  });
});

describe('what ssh says', () => {
  it.each([
    ['ops@vmm7: Permission denied (publickey,keyboard-interactive).', 'HOST_DENIED', 'does not take the key'],
    [
      'No ED25519 host key is known for vmm7 and you have requested strict checking.\r\nHost key verification failed.\r\n',
      'HOST_KEY',
      'is unknown',
    ],
    [
      '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n@@@@\nHost key verification failed.\n',
      'HOST_KEY',
      'not the one in known_hosts',
    ],
    ['ssh: connect to host vmm7 port 22: Connection refused', 'HOST_UNREACHABLE', 'nothing listens'],
    ['ssh: connect to host vmm7 port 22: No route to host', 'HOST_UNREACHABLE', 'no route'],
    ['ssh: connect to host vmm7 port 22: Operation timed out', 'HOST_UNREACHABLE', 'does not answer'],
    ['Timeout, server vmm7 not responding.', 'HOST_UNREACHABLE', 'does not answer'],
    [
      'ssh: Could not resolve hostname vmm7: no address associated with name',
      'HOST_UNREACHABLE',
      'no such name',
    ],
    ['client_loop: send disconnect: Broken pipe', 'HOST_UNREACHABLE', 'was lost'],
    ['', 'HOST_UNREACHABLE', 'was lost'],
  ])('%j', (text, code, words) => {
    const error = sshTrouble('vmm7', 'ops@vmm7', text);
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(words)]);
    expect(error.message).toContain('cannot reach vmm7 (ssh ops@vmm7): ');
  });

  it.each([
    ['kex_exchange_identification: Connection closed by remote host', true],
    ['kex_exchange_identification: read: Connection reset by peer', true],
    ['Connection closed by 192.0.2.7 port 22', true],
    ['Connection timed out during banner exchange', false],
    ['ops@vmm7: Permission denied (publickey).', false],
    ['ssh: connect to host vmm7 port 22: Connection refused', false],
  ])('was turned away: %s', (text, turnedAway) => {
    expect(isTurnedAway(text)).toBe(turnedAway);
  });
});
