/**
 * Why the identity provider's users are not let in: the server sends them back with one of these words.
 * What the provider itself says is in the log, as anybody could write a sentence into an address.
 */
const sentences: Record<string, string> = {
  unavailable:
    "The identity provider cannot be reached just now. Try again later, or log in with your password.",
  not_begun: "This login was not begun in this browser. Begin it here.",
  expired: "This login took too long, or was used already. Begin it again.",
  denied: "The identity provider did not let you in.",
  failed: "The identity provider's answer could not be used. Try again, or ask an administrator.",
  no_group:
    "None of your groups at the identity provider has a role here. Ask an administrator for one.",
  no_email: "The identity provider does not tell your e-mail address, which is needed here.",
  email_not_verified:
    "The identity provider has not verified your e-mail address. Verify it there first.",
  email_taken:
    "A user with your e-mail address exists here already. Log in with the password, or ask an administrator to link the two.",
  last_administrator:
    "Your groups would take away the role of the last administrator who has a password. Log in with the password.",
};

/** @param word of the address; an unknown one gets a general sentence, none gets null */
export function problemSentence(word: string): string | null {
  if (word === "") return null;
  return Object.hasOwn(sentences, word)
    ? (sentences[word] ?? null)
    : "Logging in with the identity provider did not work. Try again.";
}
