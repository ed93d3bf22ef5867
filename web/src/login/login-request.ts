/** What a command line that asks to be let in has sent along. */
export interface LoginRequest {
  /** of 127.0.0.1, where it listens */
  port: number;
  /** what it knows its own request by */
  state: string;
  /** what its machine is called */
  machine: string;
}

/** Reads the query of a page's address. @returns null for what no command line of ours has made */
export function loginRequest(query: (name: string) => string): LoginRequest | null {
  const [port, state, machine] = [query("port"), query("state"), query("machine")];
  if (!/^[1-9]\d{3,4}$/.test(port) || Number(port) < 1024 || Number(port) > 65_535) return null;
  if (!/^[\w-]{43}$/.test(state)) return null;
  return { port: Number(port), state, machine: machine.slice(0, 100) || "this machine" };
}

/** What the terminal and this page both show, so that a request can be recognised. */
export function codeOf({ state }: LoginRequest): string {
  return `${state.slice(0, 4)}-${state.slice(4, 8)}`;
}

/** Where the token goes: only to this machine, and in the part of an address that is sent nowhere. */
export function returnAddress({ port, state }: LoginRequest, token: string): string {
  return `http://127.0.0.1:${port}/#${new URLSearchParams({ state, token })}`;
}
