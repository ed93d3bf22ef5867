/** An address or a path in parts, between which a line may end: after `@`, `.`, `/` and `:`. */
export function breakable(text: string): string[] {
  return text.split(/(?<=[@./:])(?=[^@./:])/);
}
