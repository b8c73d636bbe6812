import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { messageOf } from '../../common/error.ts';
import type { Clock, Log } from '../../common/port.ts';
import { refuseHost } from '../../web/guard.ts';
import type { Operator } from '../../web/operator.ts';
import { consolePage, listPage, noticePage } from '../../web/view.ts';
import type { Changes } from './changes.ts';
import type { Doorkeeper } from './doorkeeper.ts';
import { addLogin, onlyKnown, visitorOf } from './login.ts';

export interface AppParts {
  readonly operator: Operator;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly log: Log;
  /** The address that this server listens on. */
  readonly address: string;
  /** Directory of what scripts/bundle-browser.mjs made. */
  readonly assets: string;
  readonly door: Doorkeeper;
}

/** Pages, their assets, the read-only API, and the login. */
export function webApp({ operator, changes, clock, log, address, assets, door }: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(onlyOurNames(address), safetyHeaders());
  // Revalidated each time (an ETag makes that cheap), so that an upgrade shows at once.
  app.use('/assets', express.static(assets, { index: false, redirect: false, cacheControl: false }));

  addLogin(app, door);
  app.use(onlyReading);
  app.get('/metrics', onlyFromHere, async (_, response) => {
    const text = await operator.metrics?.();
    if (text === undefined) response.status(404).end();
    else response.type('text/plain; version=0.0.4; charset=utf-8').send(text);
  });
  app.use(onlyKnown(door, address));
  app.get('/', async (request, response) => {
    response.send(listPage(await changes.all(), clock.now(), visitorOf(request, door)));
  });
  app.get('/vm/:name', async (request, response) => {
    const { name } = request.params;
    const vm = (await changes.all()).find((each) => each.name === name);
    if (vm !== undefined) response.send(consolePage(vm, clock.now(), visitorOf(request, door)));
    else response.status(404).send(noticePage('No such VM', `The inventory has no VM named "${name}".`));
  });
  app.get('/vm/:name/evidence', async ({ params: { name } }, response) => {
    const text = (await operator.evidence?.(name)) ?? null;
    response.set('Cache-Control', 'no-store');
    if (text !== null) response.type('text/plain; charset=utf-8').send(text);
    else response.status(404).send(noticePage('No evidence', 'There is none of a failure of such a VM.'));
  });
  app.get('/api/v1/vms', async (_, response) => {
    response.json({ now: clock.now(), vms: await changes.all() });
  });
  app.get('/api/v1/vms/:name/samples', ({ params: { name } }, response) => {
    const samples = operator.samples?.(name) ?? null;
    // Nothing is known of it yet: no error, and nothing for a browser to complain of.
    if (samples === null) response.status(204).end();
    else response.json(samples);
  });
  app.use((_, response) => {
    response.status(404).send(noticePage('Not found', 'There is nothing at this address.'));
  });
  app.use(lastResort(log));
  return app;
}

/** Against DNS rebinding: a page of another name may have our address, but not our name. */
function onlyOurNames(address: string): RequestHandler {
  return (request, response, next) => {
    const refusal = refuseHost(request.headers.host, address);
    if (refusal === null) next();
    else response.status(403).type('text/plain').send(`${refusal}\n`);
  };
}

/**
 * Names of VMs and how busy they are: for a scraper on this machine. What a proxy on this machine passes on comes
 * from elsewhere, and says so.
 */
const onlyFromHere: RequestHandler = ({ socket, headers }, response, next) => {
  const { remoteAddress = '', localAddress } = socket;
  const passedOn = ['x-forwarded-for', 'forwarded', 'via'].some((name) => headers[name] !== undefined);
  const here = remoteAddress === localAddress || /^(::1$|(::ffff:)?127\.)/.test(remoteAddress);
  if (here && !passedOn) next();
  else response.status(403).type('text/plain').send('Metrics are given to this machine alone.\n');
};

const onlyReading: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') next();
  else response.status(405).set('Allow', 'GET, HEAD').type('text/plain').send('This server is read-only.\n');
};

/** Own scripts only, nothing inline. The terminal makes style elements of its own, so its page may have those. */
function safetyHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: [({ url }) => (url?.startsWith('/vm/') ? "'self' 'unsafe-inline'" : "'self'")],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    // Plain HTTP has no use for it, and it would outlive a later change of port.
    strictTransportSecurity: false,
  });
}

/** Express gives this what a route threw, and what it couldn't decode itself (status 4xx). */
function lastResort(log: Log): ErrorRequestHandler {
  return (error, request, response, next) => {
    if (response.headersSent) return next(error);
    const status: unknown = error?.status;
    if (typeof status === 'number' && status >= 400 && status < 500) {
      response.status(status).send(noticePage('Not understood', 'This address is not well formed.'));
      return;
    }
    log.error('web.request-failed', { url: request.url, message: messageOf(error) });
    response
      .status(500)
      .send(noticePage('Something went wrong', 'The log of puffboot says what. Try again.'));
  };
}
