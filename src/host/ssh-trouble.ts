import { type ErrorCode, OperatorError } from '../common/error.ts';

interface Trouble {
  readonly said: RegExp;
  readonly code: ErrorCode;
  readonly words: string;
}

/** What ssh(1) says when it does not get to the host. The first row that fits counts. */
const TROUBLES: readonly Trouble[] = [
  {
    said: /REMOTE HOST IDENTIFICATION HAS CHANGED|POSSIBLE DNS SPOOFING/,
    code: 'HOST_KEY',
    words: 'its host key is not the one in known_hosts',
  },
  {
    said: /No \S+ host key is known|Host key verification failed/,
    code: 'HOST_KEY',
    words: 'its host key is unknown',
  },
  {
    said: /Permission denied|Too many authentication failures|no mutual signature/,
    code: 'HOST_DENIED',
    words: 'it does not take the key of this user',
  },
  {
    said: /Could not resolve hostname/,
    code: 'HOST_UNREACHABLE',
    words: 'there is no such name',
  },
  { said: /Connection refused/, code: 'HOST_UNREACHABLE', words: 'nothing listens on its ssh port' },
  {
    said: /No route to host|Network is unreachable/,
    code: 'HOST_UNREACHABLE',
    words: 'there is no route to it',
  },
  {
    said: /Connection timed out|Operation timed out|Timeout, server|Connection to \S+ port \d+ timed out/,
    code: 'HOST_UNREACHABLE',
    words: 'it does not answer',
  },
  {
    said: /Session open refused|session request failed/,
    code: 'HOST_UNREACHABLE',
    words: 'its sshd takes no more sessions (MaxSessions)',
  },
  {
    said: /closed by|Connection closed|reset by peer|Broken pipe|disconnect/,
    code: 'HOST_UNREACHABLE',
    words: 'the connection was lost',
  },
];

/**
 * Why ssh(1) did not get through, in plain words, with what it said itself.
 * @param host its name in puffboot.toml
 * @param text what ssh(1) printed
 */
export function sshTrouble(host: string, address: string, text: string): OperatorError {
  const { code, words } = TROUBLES.find(({ said }) => said.test(text)) ?? {
    code: 'HOST_UNREACHABLE' as const,
    words: 'the connection was lost',
  };
  const said = lastLine(text);
  return new OperatorError(
    code,
    `cannot reach ${host} (ssh ${address}): ${words}${said === '' ? '' : `: ${said}`}`,
  );
}

/** The last line that says something; the frame around a changed key does not. */
function lastLine(text: string): string {
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  return lines.findLast((line) => line !== '' && !line.startsWith('@')) ?? '';
}

/**
 * Whether sshd(8) dropped a connection because too many had not logged in yet (MaxStartups), or went away in
 * between: nothing was begun, so it may be tried again. A host that says nothing for so long won't for asking again.
 */
export const isTurnedAway = (text: string): boolean =>
  !/timed out/i.test(text) &&
  /kex_exchange_identification|banner exchange|Exceeded MaxStartups|Connection (closed|reset) by \S+ port \d+/.test(
    text,
  );

/** Pauses before a connection that was turned away is tried again. Milliseconds. */
export const AGAIN_AFTER: readonly number[] = [500, 1_000, 2_000, 4_000, 8_000, 15_000];
