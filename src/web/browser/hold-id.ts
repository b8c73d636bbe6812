/** By what the server knows this page again after it was loaded anew or lost its connection. */
export interface HoldId {
  readonly id: string;
  /** The line was this page's when it was last seen. */
  held: boolean;
}

/** Kept for as long as the tab is. */
export function holdId(vm: string): HoldId {
  const [idKey, heldKey] = [`hold-id:${vm}`, `held:${vm}`];
  const id = sessionStorage.getItem(idKey) ?? newId();
  sessionStorage.setItem(idKey, id);
  return {
    id,
    get held() {
      return sessionStorage.getItem(heldKey) === 'yes';
    },
    set held(held) {
      sessionStorage.setItem(heldKey, held ? 'yes' : 'no');
    },
  };
}

/** Without crypto.randomUUID, which browsers have only behind TLS and on loopback. */
function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
