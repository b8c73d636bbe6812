import { createHash } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { errnoOf } from '../../common/error.ts';
import type { Fetched, ProgressReport } from '../guest/board.ts';

export interface FetchParts {
  /** The guest's own address, which the request comes from where the system lets it. */
  readonly from: string | null;
  /** Real seconds of pause for each simulated one. */
  readonly pace: number;
}

const REDIRECTS = 5;
const CONNECT_MILLISECONDS = 15_000;
const LARGEST = 64 * 1024 ** 2;

/**
 * ftp(1)'s GET. Only servers in 127.0.0.0/8 can be reached: a rehearsal's network ends there.
 * @param report called while the body arrives, with 0 first and with its length last
 */
export async function fetchUrl(url: string, parts: FetchParts, report?: ProgressReport): Promise<Fetched> {
  try {
    return await follow(url, parts, report, REDIRECTS);
  } catch {
    return { kind: 'unreachable', connected: false };
  }
}

async function follow(
  url: string,
  parts: FetchParts,
  report: ProgressReport | undefined,
  left: number,
): Promise<Fetched> {
  const target = new URL(url);
  if (!/^(127\.\d+\.\d+\.\d+|localhost)$/.test(target.hostname))
    return { kind: 'unreachable', connected: false };
  const response = await connect(target, parts.from);
  const status = response.statusCode ?? 0;
  const location = response.headers.location;
  if (status >= 301 && status <= 308 && location !== undefined && left > 0) {
    response.destroy();
    return follow(new URL(location, target).href, parts, report, left - 1);
  }
  if (status !== 200) {
    response.destroy();
    return { kind: 'refused', status };
  }
  return receive(response, parts.pace, report);
}

async function connect(url: URL, from: string | null): Promise<IncomingMessage> {
  try {
    return await get(url, from);
  } catch (error) {
    if (from === null || !['EADDRNOTAVAIL', 'EINVAL'].includes(errnoOf(error) ?? '')) throw error;
    return get(url, null);
  }
}

function get(url: URL, from: string | null): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const options = {
      agent: false,
      headers: { 'User-Agent': 'OpenBSD ftp' },
      ...(from === null ? {} : { localAddress: from }),
    };
    const sent = request(url, options, resolve);
    sent.setTimeout(CONNECT_MILLISECONDS, () => sent.destroy(new Error('timeout')));
    sent.once('error', reject);
    sent.end();
  });
}

async function receive(response: IncomingMessage, pace: number, report?: ProgressReport): Promise<Fetched> {
  const declared = Number(response.headers['content-length'] ?? Number.NaN);
  const total = Number.isSafeInteger(declared) ? declared : null;
  const hash = createHash('sha256');
  const chunks: Buffer[] = [];
  let received = 0;
  report?.(0, total);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received > LARGEST) return { kind: 'unreachable', connected: true };
      hash.update(chunk);
      chunks.push(chunk);
      if (report !== undefined && total !== null) {
        await delay(pace * transferSeconds(total) * (chunk.length / total));
        if (pace > 0 && received < total) report(received, total);
      }
    }
  } catch {
    return { kind: 'unreachable', connected: true };
  }
  if (total !== null && received !== total) return { kind: 'unreachable', connected: true };
  report?.(received, total);
  return { kind: 'ok', bytes: Buffer.concat(chunks), sha256: hash.digest('hex') };
}

/** Slow enough to be watched. */
const transferSeconds = (bytes: number): number => (bytes < 100_000 ? 0.08 : 0.35);

const delay = (seconds: number): Promise<void> =>
  seconds === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, seconds * 1000));
