import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

const userPresent = 0x01;
const userVerified = 0x04;
const withKey = 0x40;

/** What an answer says that is not as it should be. */
interface Bent {
  origin?: string;
  rpId?: string;
  challenge?: string;
  type?: string;
  /** has the authenticator checked who uses it? */
  verified?: boolean;
  /** default: one more than the last time; 0 always is of one that does not count */
  signCount?: number;
  userHandle?: string;
  attestation?: { fmt: string; attStmt: Buffer };
}

/** For tests: an authenticator with one key (ES256) that says what the test wants, and signs it. */
export function softwareAuthenticator(origin: string) {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const credentialId = randomBytes(32);
  const id = credentialId.toString("base64url");
  let counted = 0;
  let handle = randomBytes(16).toString("base64url");

  function authenticatorData(rpId: string, bent: Bent, more = Buffer.alloc(0)): Buffer {
    const verified = bent.verified === false ? 0 : userVerified;
    const head = Buffer.alloc(5);
    head.writeUInt8(userPresent | verified | (more.length > 0 ? withKey : 0));
    counted = bent.signCount ?? counted + 1;
    head.writeUInt32BE(counted, 1);
    return Buffer.concat([sha256(bent.rpId ?? rpId), head, more]);
  }

  function clientData(type: string, challenge: string, bent: Bent): Buffer {
    const said = { type: bent.type ?? type, challenge: bent.challenge ?? challenge };
    return Buffer.from(
      JSON.stringify({ ...said, origin: bent.origin ?? origin, crossOrigin: false }),
    );
  }

  /** A COSE key: EC2, ES256, P-256. */
  function coseKey(): Buffer {
    const { x = "", y = "" } = publicKey.export({ format: "jwk" });
    const coordinate = (label: number, value: string) =>
      Buffer.concat([Buffer.from([label, 0x58, 32]), Buffer.from(value, "base64url")]);
    const head = Buffer.from([0xa5, 1, 2, 3, 0x26, 0x20, 1]);
    return Buffer.concat([head, coordinate(0x21, x), coordinate(0x22, y)]);
  }

  return {
    id,
    /** `navigator.credentials.create` */
    create(
      options: { rp: { id: string }; user: { id: string }; challenge: string },
      bent: Bent = {},
    ) {
      handle = options.user.id;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(credentialId.length);
      const data = authenticatorData(
        options.rp.id,
        bent,
        Buffer.concat([Buffer.alloc(16), length, credentialId, coseKey()]),
      );
      const { fmt, attStmt } = bent.attestation ?? { fmt: "none", attStmt: Buffer.from([0xa0]) };
      const size = Buffer.alloc(3);
      size.writeUInt8(0x59);
      size.writeUInt16BE(data.length, 1);
      const attestationObject = Buffer.concat([
        Buffer.from([0xa3]),
        ...[text("fmt"), text(fmt), text("attStmt"), attStmt, text("authData"), size, data],
      ]);
      return {
        id,
        rawId: id,
        type: "public-key",
        clientExtensionResults: {},
        response: {
          clientDataJSON: clientData("webauthn.create", options.challenge, bent).toString(
            "base64url",
          ),
          attestationObject: attestationObject.toString("base64url"),
        },
      };
    },
    /** `navigator.credentials.get` */
    get(options: { challenge: string; rpId: string }, bent: Bent = {}) {
      const data = authenticatorData(options.rpId, bent);
      const client = clientData("webauthn.get", options.challenge, bent);
      const signature = sign("sha256", Buffer.concat([data, sha256(client)]), privateKey);
      return {
        id,
        rawId: id,
        type: "public-key",
        clientExtensionResults: {},
        response: {
          clientDataJSON: client.toString("base64url"),
          authenticatorData: data.toString("base64url"),
          signature: signature.toString("base64url"),
          userHandle: bent.userHandle ?? handle,
        },
      };
    },
  };
}

export type SoftwareAuthenticator = ReturnType<typeof softwareAuthenticator>;

const sha256 = (of: string | Buffer) => createHash("sha256").update(of).digest();
/** CBOR, up to 23 characters. */
const text = (of: string) => Buffer.concat([Buffer.from([0x60 + of.length]), Buffer.from(of)]);
