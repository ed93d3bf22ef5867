const storageKey = "bridgeport.single-keys";

/**
 * Whether shortcuts of a single key are on. A user who speaks to their machine, or rests a hand on
 * the keyboard, can turn them off.
 */
class SingleKeys {
  on = $state(read());

  set(on: boolean): void {
    this.on = on;
    try {
      if (on) localStorage.removeItem(storageKey);
      else localStorage.setItem(storageKey, "off");
    } catch {
      // without storage the choice lasts as long as the page
    }
  }
}

function read(): boolean {
  try {
    return localStorage.getItem(storageKey) !== "off";
  } catch {
    return true;
  }
}

export const singleKeys = new SingleKeys();
