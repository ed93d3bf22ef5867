import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Certificates for an engine that speaks TLS, and for its clients. */
export interface Certificates {
  readonly directory: string;
  /** Makes an authority. */
  authority(name: string): void;
  /** Makes a certificate for 127.0.0.1, and for a host where one is given, that the authority `by` has signed, for `days` from now. */
  signed(name: string, by: string, days?: string, host?: string): void;
  /** One of its files, such as `<name>.pem` and `<name>.key`. */
  read(file: string): string;
  /** What a daemon takes to show the certificate `name` and to ask for one of the authority `ca`. */
  daemonArgs(name: string, ca: string): string[];
  /** A directory as DOCKER_CERT_PATH names one, of a client's certificate and an authority. */
  pathOf(client: string, ca: string): string;
  remove(): void;
}

/** Makes a directory for certificates. They are made by openssl. */
export function makeCertificates(): Certificates {
  const directory = mkdtempSync(join(tmpdir(), "engine-tls-"));
  const file = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { cwd: directory, stdio: "pipe" });
  };
  return {
    directory,
    authority(name) {
      const subject = ["-subj", `/CN=${name}`, "-days", "2", "-nodes", "-newkey", "rsa:2048"];
      openssl("req", "-x509", ...subject, "-keyout", `${name}.key`, "-out", `${name}.pem`);
    },
    signed(name, by, days = "1", host) {
      const request = ["-newkey", "rsa:2048", "-nodes", "-subj", `/CN=${name}`];
      openssl("req", ...request, "-keyout", `${name}.key`, "-out", `${name}.csr`);
      writeFileSync(
        file("extensions"),
        `subjectAltName=IP:127.0.0.1${host === undefined ? "" : `,DNS:${host}`}\nextendedKeyUsage=serverAuth,clientAuth\n`,
      );
      openssl(
        ...["x509", "-req", "-in", `${name}.csr`, "-CA", `${by}.pem`, "-CAkey", `${by}.key`],
        ...["-CAcreateserial", "-days", days, "-extfile", "extensions", "-out", `${name}.pem`],
      );
    },
    read: (name) => readFileSync(file(name), "utf8"),
    daemonArgs: (name, ca) => [
      ...["--tlsverify", "--tlscacert", file(`${ca}.pem`)],
      ...["--tlscert", file(`${name}.pem`), "--tlskey", file(`${name}.key`)],
    ],
    pathOf(client, ca) {
      const path = file(`${ca}-${client}`);
      mkdirSync(path, { recursive: true });
      copyFileSync(file(`${ca}.pem`), join(path, "ca.pem"));
      copyFileSync(file(`${client}.pem`), join(path, "cert.pem"));
      copyFileSync(file(`${client}.key`), join(path, "key.pem"));
      return path;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
