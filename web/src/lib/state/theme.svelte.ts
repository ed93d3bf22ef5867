export type ThemeChoice = "system" | "light" | "dark";

const storageKey = "bridgeport.theme";

/** Light or dark: the system's choice unless the user made one here. `public/theme.js` sets the first paint's. */
class Theme {
  choice = $state<ThemeChoice>("system");
  #systemDark = $state(false);
  readonly dark = $derived(
    this.choice === "dark" || (this.choice === "system" && this.#systemDark),
  );

  constructor() {
    const system = matchMedia("(prefers-color-scheme: dark)");
    this.#systemDark = system.matches;
    system.addEventListener("change", () => {
      this.#systemDark = system.matches;
      this.#apply();
    });
    const stored = read();
    if (stored === "light" || stored === "dark") this.choice = stored;
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    try {
      localStorage.setItem(storageKey, choice);
    } catch {
      // without storage the choice lasts as long as the page
    }
    this.#apply();
  }

  #apply(): void {
    document.documentElement.dataset.theme = this.dark ? "dark" : "light";
  }
}

function read(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

export const theme = new Theme();
