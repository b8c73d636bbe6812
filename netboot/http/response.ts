/** Every status that is answered with. */
const REASON_PHRASES = {
  200: 'OK',
  206: 'Partial Content',
  304: 'Not Modified',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  412: 'Precondition Failed',
  414: 'URI Too Long',
  416: 'Range Not Satisfiable',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  505: 'HTTP Version Not Supported',
} as const satisfies Record<number, string>;

export type Status = keyof typeof REASON_PHRASES;

/** Names and values are our own: nothing that a client sent may stand in them. */
export type Fields = Readonly<Record<string, string>>;

export interface Framing {
  /** Of the answer, as `Date` has it. */
  readonly date: string;
  /** Seconds for which the connection is kept for the next request; null ends it (RFC 9112 §9.3). */
  readonly keepAliveSeconds: number | null;
}

/**
 * Status line and header fields with the empty line behind them (RFC 9112 §4).
 * @param length bytes of the body, where `fields` does not say it
 */
export function renderHead(
  status: Status,
  fields: Fields,
  { date, keepAliveSeconds }: Framing,
  length?: number,
): string {
  let text = `HTTP/1.1 ${status} ${REASON_PHRASES[status]}\r\n`;
  for (const name in fields) text += `${name}: ${fields[name]}\r\n`;
  if (length !== undefined) text += `Content-Length: ${length}\r\n`;
  const connection =
    keepAliveSeconds === null ? 'close' : `keep-alive\r\nKeep-Alive: timeout=${keepAliveSeconds}`;
  return `${text}Date: ${date}\r\nConnection: ${connection}\r\n\r\n`;
}

/** `Date` of RFC 9110 §6.6.1, made once a second. */
export function httpDate(): (now: number) => string {
  let [second, text] = [Number.NaN, ''];
  return (now) => {
    const current = Math.floor(now / 1000);
    if (current !== second) [second, text] = [current, new Date(now).toUTCString()];
    return text;
  };
}
