import { type CheckedUrl, checkHttpUrl, longestUrl, refuse } from "../outgoing.ts";
import { wrongTemplateUrl } from "./template.ts";

/** Where and how notifications go. */
export const targetKinds = [
  "webhook",
  "slack",
  "discord",
  "teams",
  "ntfy",
  "email",
  "telegram",
  "gotify",
  "matrix",
  "pushover",
  "mqtt",
  "template",
] as const;
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
  if (kind === "email" || kind === "mqtt") return checkOther(kind, text);
  const checked = checkHttpUrl(text, "use `secret`");
  if (!checked.ok) return checked;
  const url = new URL(text);
  if (kind === "ntfy" && ntfyTopic(url) === null) {
    return refuse("must end with the topic, such as https://ntfy.sh/my-topic");
  }
  const wrong = kind === "template" ? wrongTemplateUrl(text) : wrongParameters(kind, url);
  return wrong === null ? { ok: true } : refuse(wrong);
}

/** What the query of a URL of these kinds has to say. @returns what is wrong, as a sentence's end */
function wrongParameters(kind: TargetKind, url: URL): string | null {
  const given = (name: string) => url.searchParams.get(name) ?? "";
  if (kind === "telegram" && !/^(-?\d{1,20}|@\w{1,64})$/.test(given("chat_id"))) {
    return "must name the chat, such as https://api.telegram.org?chat_id=-1001234567890";
  }
  if (kind === "telegram" && !/^\d{0,20}$/.test(given("message_thread_id"))) {
    return "must have a number as message_thread_id, or none";
  }
  if (kind === "matrix" && !/^![^\s/?#]{1,255}$/.test(given("room"))) {
    return "must name the room by its id, which begins with !, such as https://matrix.example.com?room=!abc:example.com";
  }
  if (kind === "pushover" && !/^[A-Za-z0-9]{30}$/.test(given("user"))) {
    return "must have the key of a user or group, of 30 letters and digits, such as https://api.pushover.net?user=…";
  }
  return null;
}

/** Where a broker is, and what it is told under; without the password. */
export interface MqttTarget {
  host: string;
  port: number;
  /** TLS from the first byte */
  secure: boolean;
  user: string | null;
  topic: string;
  /** 1: it has to be acknowledged */
  qos: 0 | 1;
  retain: boolean;
}

/** Reads `mqtts://user@host:8883/topic?qos=1&retain=true`. @returns what is wrong with it, as a sentence's end */
export function mqttTarget(text: string): MqttTarget | string {
  const url = new URL(text);
  const secure = url.protocol === "mqtts:";
  if (!secure && url.protocol !== "mqtt:") {
    return `must start with mqtts:// or mqtt://, not with ${url.protocol}//`;
  }
  if (url.hostname === "") return "must name the broker's host";
  if (url.password !== "") return "must not contain a password: use `secret`";
  if (url.hash !== "") return "must not have a part after #";
  const topic = decoded(url.pathname.slice(1));
  if (topic === null || topic === "" || topic.length > 500 || /[+#\p{Cc}]/u.test(topic)) {
    return "must end with the topic, without + and #, such as mqtts://broker.example.com/bridgeport/events";
  }
  const user = url.username === "" ? null : decoded(url.username);
  if (url.username !== "" && user === null) return wrongUser;
  const qos = url.searchParams.get("qos") ?? "1";
  if (qos !== "0" && qos !== "1") return "must have 0 or 1 as qos";
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (secure ? 8883 : 1883) : Number(url.port),
    secure,
    user,
    topic,
    qos: qos === "1" ? 1 : 0,
    retain: url.searchParams.get("retain") === "true",
  };
}

const wrongUser = "must have a user whose % signs are written as %25";

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** What a kind's secret has to be; null: it may have none. */
export function wrongSecret(kind: TargetKind, secret: string | null): string | null {
  const needed: Partial<Record<TargetKind, string>> = {
    telegram: "must be the bot's token, which @BotFather gave",
    gotify: "must be the token of an application",
    matrix: "must be the access token of the user who writes",
    pushover: "must be the API token of an application",
  };
  const is = needed[kind] ?? null;
  if (is === null) return null;
  if (secret === null) return is;
  if (kind === "telegram" && !/^\d{1,20}:[\w-]{20,100}$/.test(secret)) return is;
  return /^[\x21-\x7e]+$/.test(secret) ? null : is;
}

function checkOther(kind: "email" | "mqtt", text: string): CheckedUrl {
  if (text.length > longestUrl) return refuse(`must have at most ${longestUrl} characters`);
  if (!URL.canParse(text)) {
    return refuse(
      kind === "email"
        ? "must be a URL such as smtps://user@mail.example.com?from=bridgeport@example.com&to=ops@example.com"
        : "must be a URL such as mqtts://user@broker.example.com/bridgeport/events",
    );
  }
  const target = kind === "email" ? mailTarget(text) : mqttTarget(text);
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
  const user = url.username === "" ? null : decoded(url.username);
  if (url.username !== "" && user === null) return wrongUser;
  const from = url.searchParams.get("from") ?? (user !== null && address.test(user) ? user : null);
  if (from === null || !address.test(from)) {
    return "must say who writes, as &from=bridgeport@example.com";
  }
  const port = url.port === "" ? (secure ? 465 : 587) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port, secure, user, from, to };
}
