import { type Hook, hiddenValue, type Moment } from "./hooks.ts";

interface Header {
  /** tells them apart while they are edited */
  id: number;
  name: string;
  value: string;
  /** the name that its value is stored under; null: none is */
  stored: string | null;
}

/** A hook as a form has it. Stored values of headers never come here. */
export class HookDraft {
  moment = $state<Moment>("before");
  name = $state("");
  url = $state("");
  method = $state<Hook["method"]>("POST");
  headers = $state<Header[]>([]);
  /** it sends a text of its own, not the plan */
  hasText = $state(false);
  text = $state("");
  timeoutMs = $state<number | null>(10_000);
  readonly #before: Hook | null;
  #next = 0;

  /** @param before the one to edit; null: a new one */
  constructor(before: Hook | null) {
    this.#before = before;
    if (before === null) return;
    this.name = before.name;
    this.url = before.url;
    this.method = before.method;
    this.hasText = before.body !== null;
    this.text = before.body ?? "";
    this.timeoutMs = before.timeoutMs;
    for (const name of Object.keys(before.headers)) this.#add(name, name);
  }

  addHeader(): void {
    this.#add("", null);
  }

  removeHeader(id: number): void {
    this.headers = this.headers.filter((header) => header.id !== id);
  }

  /** Whether an empty value keeps the stored one: that goes only where it went before, in the same header. */
  keeps({ name, stored }: Pick<Header, "name" | "stored">): boolean {
    return stored !== null && sameName(stored, name) && this.keptElsewhere === null;
  }

  /** Why no stored value can be kept; null: each can. */
  get keptElsewhere(): string | null {
    if (this.#before === null) return null;
    if (this.#before.name !== this.name.trim()) return "the hook has another name now";
    return originOf(this.#before.url) === originOf(this.url.trim())
      ? null
      : "the address is another one now";
  }

  /** Why it cannot be sent; null: it can. */
  get problem(): string | null {
    const names = this.headers.map(({ name }) => name.trim().toLowerCase());
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    return twice === undefined ? null : `Two headers are called ${twice || "nothing"}.`;
  }

  get hook(): Hook {
    return {
      name: this.name.trim(),
      url: this.url.trim(),
      method: this.method,
      headers: Object.fromEntries(
        this.headers.map((header) => [
          header.name.trim(),
          header.value === "" && this.keeps(header) ? hiddenValue : header.value,
        ]),
      ),
      body: this.hasText && this.method !== "GET" ? this.text : null,
      timeoutMs: this.timeoutMs ?? 0,
    };
  }

  #add(name: string, stored: string | null): void {
    this.headers.push({ id: this.#next, name, value: "", stored });
    this.#next += 1;
  }
}

const sameName = (one: string, other: string) => one.toLowerCase() === other.trim().toLowerCase();

const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : url);
