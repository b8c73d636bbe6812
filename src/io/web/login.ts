import express, { type Express, type Request, type RequestHandler } from 'express';
import { cookieFor, tokenOf, watchingAt } from '../../web/door.ts';
import { refuseOrigin } from '../../web/guard.ts';
import { loginPage } from '../../web/login-view.ts';
import type { Doorkeeper } from './doorkeeper.ts';

/** Whose session a request carries; null without one. */
export function visitorOf({ headers }: Request, door: Doorkeeper): string | null {
  return door.nameOf(tokenOf(headers.cookie, headers.host));
}

/**
 * The login. A link's token stands behind `#`, so no server, proxy or log sees it until the page posts it, and
 * whatever fetches a link to preview it does not use it up.
 */
export function addLogin(app: Express, door: Doorkeeper): void {
  app.get('/login', (_, response) => {
    response.set('Cache-Control', 'no-store').send(loginPage());
  });
  app.post('/api/v1/login', ourPages, express.json({ limit: 1024 }), (request, response) => {
    const link: unknown = Object(request.body).token;
    const from = request.socket.remoteAddress ?? '';
    const entrance = door.enter(typeof link === 'string' ? link : '', from);
    response.set('Cache-Control', 'no-store');
    if (entrance.kind === 'open') {
      response
        .set('Set-Cookie', cookieFor(entrance.token ?? null, request.headers.host))
        .json({ name: entrance.name });
    } else if (entrance.kind === 'wait') {
      response.status(429).set('Retry-After', String(entrance.seconds)).json({ wait: entrance.seconds });
    } else {
      response.status(403).json({});
    }
  });
  app.post('/api/v1/logout', ourPages, (request, response) => {
    const token = tokenOf(request.headers.cookie, request.headers.host);
    if (token !== null) door.leave(token);
    response.set('Set-Cookie', cookieFor(null, request.headers.host)).json({});
  });
}

/** Beyond loopback nothing is shown without a login. */
export function onlyKnown(door: Doorkeeper, address: string): RequestHandler {
  return (request, response, next) => {
    if (watchingAt(address) === 'anyone' || visitorOf(request, door) !== null) next();
    else if (request.path.startsWith('/api/')) response.status(401).json({ error: 'log in first' });
    else response.status(401).set('Cache-Control', 'no-store').send(loginPage());
  };
}

/** What changes something comes from our own pages, or from no page at all. */
const ourPages: RequestHandler = ({ headers }, response, next) => {
  const refusal = refuseOrigin(headers.origin, headers.host);
  if (refusal === null) next();
  else response.status(403).type('text/plain').send(`${refusal}\n`);
};
