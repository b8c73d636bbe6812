import { expect, it } from 'vitest';
import { type BootEvent, EMPTY_CATALOG, type Netboot } from '../../netboot/catalog.ts';
import { TOKEN } from '../netboot/example.ts';
import { LOCAL_CATALOG } from '../netboot/io/running.ts';

export interface NetbootUnderTest {
  readonly netboot: Netboot;
  /** `http://address:port` of its boot HTTP. */
  readonly origin: string;
  close(): Promise<void>;
}

/** What every implementation of `Netboot` promises, wherever it runs. */
export function netbootContract(open: () => Promise<NetbootUnderTest>): void {
  const using = (body: (under: NetbootUnderTest) => Promise<void>) => async () => {
    const under = await open();
    try {
      await body(under);
    } finally {
      await under.close();
    }
  };
  const url = ({ origin }: NetbootUnderTest) => `${origin}/r/${TOKEN}/install.conf`;
  const nextEvent = (netboot: Netboot) =>
    new Promise<BootEvent>((resolve) => {
      const stop = netboot.onEvent((event) => {
        stop();
        resolve(event);
      });
    });

  it(
    'knows nobody before the first push',
    using(async (under) => {
      expect((await fetch(url(under))).status).toBe(404);
    }),
  );

  it(
    'answers from a catalog once its push has resolved',
    using(async (under) => {
      await under.netboot.push(LOCAL_CATALOG);
      expect((await fetch(url(under))).status).toBe(200);
    }),
  );

  it(
    'forgets everything that the next catalog does not have',
    using(async (under) => {
      await under.netboot.push(LOCAL_CATALOG);
      await under.netboot.push(EMPTY_CATALOG);
      expect((await fetch(url(under))).status).toBe(404);
    }),
  );

  it(
    'answers from the last of several pushes at once',
    using(async (under) => {
      const pushes = [LOCAL_CATALOG, EMPTY_CATALOG, LOCAL_CATALOG].map((catalog) =>
        under.netboot.push(catalog),
      );
      await Promise.all(pushes);
      expect((await fetch(url(under))).status).toBe(200);
    }),
  );

  it(
    'tells every listener what its clients did, until it stops listening',
    using(async (under) => {
      const { netboot } = under;
      await netboot.push(LOCAL_CATALOG);
      const heard: BootEvent[] = [];
      const stop = netboot.onEvent((event) => heard.push(event));
      const first = nextEvent(netboot);
      await fetch(url(under));
      expect(await first).toMatchObject({ kind: 'response-file', name: 'local', outcome: 'served' });
      expect(heard).toHaveLength(1);
      stop();
      const second = nextEvent(netboot);
      await fetch(`${under.origin}/install-done/${TOKEN}`);
      expect(await second).toMatchObject({ kind: 'install-done', token: TOKEN, outcome: 'accepted' });
      expect(heard).toHaveLength(1);
    }),
  );
}
