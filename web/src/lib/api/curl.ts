/** A request as a command; the token comes from the environment. */
export function curl(method: string, url: string, body?: unknown): string {
  const parts = [
    method === "GET" ? "curl" : `curl -X ${method}`,
    '-H "Authorization: Bearer $BRIDGEPORT_TOKEN"',
  ];
  if (body !== undefined) {
    parts.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`);
  }
  parts.push(quoted(url));
  return parts.join(" ");
}

/** For a POSIX shell: nothing inside single quotes means anything. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
