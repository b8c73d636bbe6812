import { type Ipv4, type Lladdr, parseIpv4, parseLladdr } from '../common/address.ts';
import type { Remark } from './vm-conf-parse.ts';

/** A `host` declaration of a dhcpd.conf(5) that somebody else wrote. */
export interface FoundHost {
  readonly name: string;
  readonly line: number;
  readonly lladdr: Lladdr | null;
  readonly address: Ipv4 | null;
  /** `option host-name`. */
  readonly hostName: string | null;
  readonly remarks: readonly Remark[];
}

export interface FoundDhcpdConf {
  readonly hosts: readonly FoundHost[];
  readonly remarks: readonly Remark[];
}

interface Word {
  readonly text: string;
  readonly line: number;
}

/** Statements that puffboot makes by itself for each host. */
const OWN = /^(filename|next-server|server-name)$/;

/**
 * The hosts of a dhcpd.conf(5), in whatever subnets and groups they stand. Everything else describes networks, not
 * machines, and is passed over.
 */
export function findHosts(text: string): FoundDhcpdConf {
  const hosts: FoundHost[] = [];
  const remarks: Remark[] = [];
  let statement: Word[] = [];
  let host: { words: readonly Word[]; statements: Word[][] } | null = null;
  let depth = 0;
  for (const word of wordsOf(text)) {
    if (word.text === '{') {
      if (statement[0]?.text === 'host' && host === null) host = { words: statement, statements: [] };
      else if (host !== null) host.statements.push(statement);
      depth += 1;
      statement = [];
    } else if (word.text === '}') {
      depth -= 1;
      if (depth < 0)
        remarks.push({ line: word.line, message: 'is not understood: a brace that nothing opened' });
      if (host !== null) hosts.push(hostOf(host.words, host.statements));
      host = null;
      depth = Math.max(0, depth);
      statement = [];
    } else if (word.text === ';') {
      if (statement.length > 0) host?.statements.push(statement);
      statement = [];
    } else statement.push(word);
  }
  if (depth > 0 || statement.length > 0) {
    const line = statement[0]?.line ?? text.split('\n').length;
    remarks.push({ line, message: 'is not understood: the file ends in the middle of a statement' });
  }
  return { hosts, remarks };
}

/** Strings lose their quotes; a comment goes to the end of its line. */
function* wordsOf(text: string): Generator<Word> {
  let [line, from] = [1, 0];
  for (const { 0: raw, 1: quoted, index } of text.matchAll(
    /#[^\n]*|"((?:\\.|[^"\\])*)"|[{};]|[^\s{};"#]+/g,
  )) {
    line += text.slice(from, index).split('\n').length - 1;
    from = index;
    if (quoted !== undefined) yield { text: quoted, line };
    else if (!raw.startsWith('#')) yield { text: raw, line };
  }
}

function hostOf(head: readonly Word[], statements: readonly (readonly Word[])[]): FoundHost {
  const remarks: Remark[] = [];
  const found: { -readonly [Key in keyof FoundHost]: FoundHost[Key] } = {
    name: head[1]?.text ?? '',
    line: head[0]?.line ?? 1,
    lladdr: null,
    address: null,
    hostName: null,
    remarks,
  };
  for (const words of statements) {
    const [first = '', second = '', third = '', ...more] = words.map(({ text }) => text);
    const line = words[0]?.line ?? found.line;
    const whole = words.map(({ text }) => text).join(' ');
    if (first === 'hardware' && second === 'ethernet') found.lladdr = parseLladdr(third);
    else if (first === 'fixed-address') found.address = parseIpv4(second.replace(/,$/, ''));
    else if (first === 'option' && second === 'host-name' && more.length === 0) found.hostName = third;
    else if (!OWN.test(first)) remarks.push({ line, message: `\`${whole}\` has no place in the inventory` });
    if (first === 'fixed-address' && (words.length > 2 || found.address === null)) {
      remarks.push({ line, message: `\`${whole}\` is no single IPv4 address` });
    }
  }
  if (found.lladdr === null) remarks.push({ line: found.line, message: `host ${found.name} has no lladdr` });
  return found;
}
