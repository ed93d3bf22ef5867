import { type CheckedUrl, checkHttpUrl, longestUrl, refuse } from "../outgoing.ts";

/** Where and how notifications go. */
export const targetKinds = ["webhook", "slack", "discord", "teams", "ntfy", "email"] as const;
export type TargetKind = (typeof targetKinds)[number];

/** What an e-mail target's URL says, but for the password. */
export interface MailTarget {
  host: string;
  port: number;
  /** TLS from the first byte, else STARTTLS where the server has it */
  secure: boolean;
  user: string | null;
  from: string;
  to: string[];
}

/** Whether a URL can be a target of this kind; if not, a sentence that says what to change. */
export function checkTargetUrl(kind: TargetKind, text: string): CheckedUrl {
  if (kind === "email") return checkMailUrl(text);
  const checked = checkHttpUrl(text, "use `secret`");
  if (!checked.ok) return checked;
  if (kind === "ntfy" && ntfyTopic(new URL(text)) === null) {
    return refuse("must end with the topic, such as https://ntfy.sh/my-topic");
  }
  return { ok: true };
}

function checkMailUrl(text: string): CheckedUrl {
  if (text.length > longestUrl) return refuse(`must have at most ${longestUrl} characters`);
  if (!URL.canParse(text)) {
    return refuse(
      "must be a URL such as smtps://user@mail.example.com?from=bridgeport@example.com&to=ops@example.com",
    );
  }
  const target = mailTarget(text);
  return typeof target === "string" ? refuse(target) : { ok: true };
}

/** Where ntfy takes messages as JSON, and the topic; null: the URL names none. */
export function ntfyTopic(url: URL): { server: string; topic: string } | null {
  const parts = url.pathname.split("/").filter((part) => part !== "");
  const topic = parts.pop();
  if (topic === undefined || !/^[-_A-Za-z0-9]{1,64}$/.test(topic)) return null;
  return { server: `${url.origin}/${parts.join("/")}`, topic };
}

const address = /^[^\s@<>,;"]+@[^\s@<>,;"]+$/;

/** Reads `smtp://user@host:587?from=…&to=…,…`. @returns what is wrong with it, as a sentence's end */
export function mailTarget(text: string): MailTarget | string {
  const url = new URL(text);
  const secure = url.protocol === "smtps:";
  if (!secure && url.protocol !== "smtp:") {
    return `must start with smtps:// or smtp://, not with ${url.protocol}//`;
  }
  if (url.hostname === "") return "must name the mail server's host";
  if (url.password !== "") return "must not contain a password: use `secret`";
  const to = (url.searchParams.get("to") ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
  if (to.length === 0) return "must say whom to write to, as ?to=ops@example.com";
  const wrong = to.find((one) => !address.test(one));
  if (wrong !== undefined) return `cannot be sent to "${wrong}", which is no e-mail address`;
  const user = url.username === "" ? null : decodeURIComponent(url.username);
  const from = url.searchParams.get("from") ?? (user !== null && address.test(user) ? user : null);
  if (from === null || !address.test(from)) {
    return "must say who writes, as &from=bridgeport@example.com";
  }
  const port = url.port === "" ? (secure ? 465 : 587) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port, secure, user, from, to };
}
