/** What the host's own programs say of a configuration file that they would not take. */

/** dhcpd(8) -n: braces and semicolons, the words of a host, no address twice. @returns its complaint, or null */
export function checkDhcpdConf(text: string, file: string): string | null {
  const depth: number[] = [];
  const seen = new Map<string, number>();
  for (const [index, raw] of text.split('\n').entries()) {
    const line = index + 1;
    const bare = raw.replace(/#.*$/, '').trim();
    if (bare === '') continue;
    const complaint = checkDhcpdLine(bare, depth, line, seen);
    if (complaint !== null) return dhcpdComplaint(file, line, complaint, raw);
  }
  return depth.length > 0
    ? dhcpdComplaint(file, text.split('\n').length, 'unexpected end of file', '')
    : null;
}

function checkDhcpdLine(
  bare: string,
  depth: number[],
  line: number,
  seen: Map<string, number>,
): string | null {
  const outside = bare.replace(/"[^"]*"/g, '""');
  if ((bare.match(/"/g) ?? []).length % 2 !== 0) return 'unterminated string';
  for (const char of outside) {
    if (char === '{') depth.push(line);
    if (char === '}' && depth.pop() === undefined) return 'expecting a declaration';
  }
  if (!/[;{}]$/.test(outside)) return 'semicolon expected.';
  const [, name] = /^host\s+(\S+)\s*\{/.exec(bare) ?? [];
  if (name === undefined) return null;
  if (seen.has(name)) return `host ${name}: already exists`;
  seen.set(name, line);
  return null;
}

const dhcpdComplaint = (file: string, line: number, what: string, text: string): string =>
  `${file} line ${line}: ${what}\n${text}\n^\nConfiguration file errors encountered\n`;

const PF_WORDS =
  /^(pass|block|match|set|table|anchor|antispoof|include|queue|load|scrub|nat|rdr|binat|[A-Za-z_]\w*\s*=|\}|\{)/;

/** pfctl(8) -n: the first word of each rule. @returns its complaint, or null */
export function checkPfConf(text: string, file: string): string | null {
  const joined = text.replace(/\\\n/g, '  ').split('\n');
  for (const [index, raw] of joined.entries()) {
    const bare = raw.replace(/#.*$/, '').trim();
    const quotes = (bare.match(/"/g) ?? []).length;
    if (bare === '' || (PF_WORDS.test(bare) && quotes % 2 === 0)) continue;
    return `${file}:${index + 1}: syntax error\npfctl: Syntax error in config file: pf rules not loaded\n`;
  }
  return null;
}

const HTTPD_WORDS =
  /^(server|location|listen|block|root|directory|log|types|include|alias|tls|hsts|fastcgi|gzip-static|authenticate|pass|prefork|chroot|default|errdocs|logdir|no|connection|tcp|request)(?=[\s{]|$)|^[A-Za-z_]\w*\s*=|^\}/;

/** httpd(8) -n: the first word of each line, and braces. @returns its complaint, or null */
export function checkHttpdConf(text: string, file: string): string | null {
  let depth = 0;
  const lines = text.split('\n');
  for (const [index, raw] of lines.entries()) {
    const bare = raw.replace(/#.*$/, '').trim();
    const outside = bare.replace(/"[^"]*"/g, '');
    for (const char of outside) depth += char === '{' ? 1 : char === '}' ? -1 : 0;
    const isWrong = bare !== '' && (!HTTPD_WORDS.test(bare) || outside.includes('"'));
    if (isWrong || depth < 0) return `${file}:${index + 1}: syntax error\n`;
  }
  return depth === 0 ? null : `${file}:${lines.length}: syntax error\n`;
}
