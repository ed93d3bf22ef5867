import { matches } from "../wildcards.ts";

/** Who may have signed, where a certificate says who that was (Fulcio). */
export interface TrustedIdentity {
  /** who vouches for the subject: the address of an OpenID provider, exactly as in the certificate */
  issuer: string;
  /** a workflow's address or a person's e-mail; `*` stands for any number of characters */
  subject: string;
}

/** Who has signed, by a certificate that holds. */
export interface ProvenIdentity {
  issuer: string;
  subject: string;
}

export function isTrusted(
  { issuer, subject }: ProvenIdentity,
  trusted: readonly TrustedIdentity[],
): boolean {
  return trusted.some((one) => one.issuer === issuer && matches(one.subject, subject));
}

/** Why an identity cannot be used: the rest of a sentence; null: it can. */
export function identityMistake({ issuer, subject }: TrustedIdentity): string | null {
  if (issuer.includes("*")) return "the issuer takes no *: it is compared as it is";
  if (!URL.canParse(issuer) || !/^https?:$/.test(new URL(issuer).protocol)) {
    return `the issuer "${issuer}" is no address, such as https://token.actions.githubusercontent.com`;
  }
  if (isOfSomebody(subject)) return null;
  return `the subject "${subject}" may mean every user of that issuer: name a workflow, such as https://github.com/acme/shop/.github/workflows/release.yml@refs/heads/main, its owner, such as https://github.com/acme/*, or an e-mail address`;
}

/** Everybody can get a certificate of a public issuer, so a `*` must not stand for who that is. */
function isOfSomebody(subject: string): boolean {
  if (subject.includes("://")) return /^[a-z][a-z0-9+.-]*:\/\/[^/*]+\/[^/*]+(\/|$)/.test(subject);
  if (!subject.includes("*")) return subject.trim() !== "";
  const [domain = ""] = subject.split("@").slice(1).reverse();
  return !domain.includes("*") && domain.includes(".", 1) && !domain.endsWith(".");
}
