import { lutimes, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openTestbed, type Testbed, type TestImage } from "../../../test/real-engine.ts";
import { engineVersion } from "../host.ts";
import { inspectImage } from "../inspection.ts";
import { asItWas } from "./approval.ts";
import { filesToCarry } from "./carried-files.ts";
import { newContainerConfig } from "./config.ts";
import { createContainer } from "./steps.ts";

let bed: Testbed;
let image: TestImage;
let next: TestImage;
let directory: string;
let name: string;
let count = 0;

beforeAll(async () => {
  bed = await openTestbed();
  image = await bed.image("files-one");
  next = await bed.image("files-two", "ENV VERSION=2");
});
afterAll(async () => await bed.close());
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "bridgeport-files-"));
  count += 1;
  name = `${bed.prefix}-f${count}`;
});
afterEach(async () => await rm(directory, { recursive: true, force: true }));

const long = `${"very-".repeat(30)}long`;

/** A file as `docker cp` may be given it, whatever its name, content and age. */
async function put(path: string, content: string | Buffer = path): Promise<string> {
  const file = join(directory, path);
  await writeFile(file, content, { mode: 0o640 });
  return file;
}

/** What the container's successor on the next image would be, and what is said of its files. */
async function succeed(): Promise<{ id: string; fields: Record<string, unknown> }> {
  const container = await bed.inspect(name);
  const [old, renewed, { ApiVersion: apiVersion }] = await Promise.all([
    inspectImage(bed.engine, container.Image),
    inspectImage(bed.engine, next.reference),
    engineVersion(bed.engine),
  ]);
  if (renewed === null) throw new Error("There is no second image.");
  const { files, changes } = await filesToCarry(bed.engine, container);
  const options = { reference: next.reference, apiVersion };
  const { body, networks } = newContainerConfig(container, old, renewed, options);
  const id = await createContainer(bed.engine, `${name}-next`, {
    ...{ body: asItWas(body), networks, apiVersion },
    ...{ platform: null, files },
  });
  return { id, fields: Object.fromEntries(changes.map((one) => [one.field, one.origin])) };
}

const stat = async (who: string, path: string): Promise<string> =>
  await bed.docker("exec", who, "busybox", "stat", "-c", "%F %a %u:%g %Y %N", path);

/** Runs something in the container once, and waits for it. */
const exec = async (script: string): Promise<string> =>
  await bed.docker("exec", name, "sh", "-c", script);

describe("files that were put into a container", () => {
  it("come along with owner, mode, time, links and directories", async () => {
    await bed.docker("create", "--name", name, "-v", "/data", "--tmpfs", "/mem", image.tag);
    await mkdir(join(directory, "conf", "sub"), { recursive: true });
    await put(`conf/sub/${long}`);
    await put('conf/ünïcode, {"Path":"x"');
    await symlink("sub/missing", join(directory, "conf", "link"));
    await lutimes(join(directory, "conf", "link"), 1_500_000_000, 1_500_000_000);
    await mkdir(join(directory, "empty"));
    const secret = await put("secret", Buffer.alloc(200_000, "secret"));
    await utimes(secret, 1_600_000_000, 1_600_000_000);
    await bed.docker("cp", secret, `${name}:/etc/secret`);
    await bed.docker("cp", join(directory, "conf"), `${name}:/srv`);
    await bed.docker("cp", join(directory, "empty"), `${name}:/empty`);
    await bed.docker("start", name);
    await exec("chown 1234:99 /etc/secret /srv/sub");
    // Also when it was copied into a running container, and has just been made.
    await bed.docker("cp", await put("later"), `${name}:/tmp/later`);

    const { id, fields } = await succeed();
    const paths = [
      ...["/etc/secret", "/tmp/later", "/empty", "/srv/link", `/srv/sub/${long}`],
      '/srv/ünïcode, {"Path":"x"',
    ];
    const kept = Object.keys(fields).filter((field) => fields[field] === "kept");
    expect(kept.sort()).toEqual(paths.map((path) => `Files.${path}`).sort());
    await bed.docker("start", id);
    for (const path of [...paths, "/srv", "/srv/sub"]) {
      expect(await stat(id, path)).toBe(await stat(name, path));
    }
    for (const path of ["/etc/secret", `/srv/sub/${long}`]) {
      const read = async (who: string) => await bed.docker("exec", who, "cat", path);
      expect(await read(id)).toBe(await read(name));
    }
  });

  it("come along from a container that has ended, has been started again, or never ran", async () => {
    await bed.docker("create", "--name", name, image.tag);
    await bed.docker("cp", await put("x"), `${name}:/run-x`);
    const never = await succeed();
    expect(never.fields).toEqual({ "Files./run-x": "kept" });
    await bed.docker("rm", never.id);
    await bed.docker("start", name);
    await bed.docker("restart", "-t", "0", name);
    const again = await succeed();
    expect(again.fields["Files./run-x"]).toBe("kept");
    await bed.docker("rm", again.id);
    await bed.docker("stop", "-t", "0", name);
    expect((await succeed()).fields["Files./run-x"]).toBe("kept");
  });

  it("bring along a directory of the old image that the new one has not", async () => {
    const old = await bed.image("files-old", "WORKDIR /old/dir");
    await bed.docker("create", "--name", name, old.tag);
    await bed.docker("cp", await put("y"), `${name}:/old/dir/y`);
    await bed.docker("start", name);
    await exec("chmod 700 /old/dir; chown 1:2 /old/dir");
    const { id } = await succeed();
    await bed.docker("start", id);
    for (const path of ["/old", "/old/dir", "/old/dir/y"]) {
      expect(await stat(id, path)).toBe(await stat(name, path));
    }
  });
});

describe("what a container has written itself", () => {
  it("stays behind and is told of, however much it is", async () => {
    await bed.docker("run", "-d", "--name", name, image.tag);
    await exec(
      "mkdir -p /var/cache/app /run && for i in 1 2 3 4 5 6 7 8 9; do for j in 1 2 3 4 5 6 7 8 9 0 a b c d e f g h i j k l m n o p q r s t; do echo $i > /var/cache/app/$i$j; done; done; echo 1 > /run/app.pid; mkfifo /tmp/pipe",
    );
    await bed.docker("cp", await put("mine"), `${name}:/var/cache/mine`);
    await exec("echo more >> /etc/passwd; rm /bin/false");
    const { files, changes } = await filesToCarry(bed.engine, await bed.inspect(name));
    expect(files?.paths).toContain("/var/cache/mine");
    expect(files?.paths).not.toContain("/run/app.pid");
    const said = changes.filter(({ field }) => field === "Files").map(({ before }) => before);
    expect(said).toEqual([
      expect.stringMatching(/^27\d files that the container seems to have written itself: /),
      expect.stringContaining("changed by the container: /etc/passwd"),
      expect.stringContaining("removed in the container: /bin/false"),
    ]);
  });

  it("is told apart by name, where a file of the image was replaced by hand", async () => {
    await bed.docker("create", "--name", name, image.tag);
    await bed.docker("cp", await put("passwd"), `${name}:/etc/passwd`);
    await bed.docker("start", name);
    const { changes } = await filesToCarry(bed.engine, await bed.inspect(name));
    expect(changes).toContainEqual({
      field: "Files./etc/passwd",
      origin: "image",
      before: "changed in the container",
      after: "the new image's",
    });
  });
});

describe("more than a deploy carries over", () => {
  it("is refused by name, and the container with the label is not asked", async () => {
    await bed.docker("create", "--name", name, image.tag);
    await mkdir(join(directory, "site"));
    await Promise.all(Array.from({ length: 257 }, (_, index) => put(`site/page${index}`)));
    await bed.docker("cp", join(directory, "site"), `${name}:/srv`);
    await bed.docker("start", name);
    const container = await bed.inspect(name);
    await expect(filesToCarry(bed.engine, container)).rejects.toMatchObject({
      code: "refused",
      message: expect.stringMatching(/25\d files .* in \/srv\. Put them into a volume/),
    });
    container.Config.Labels = { "bridgeport.files": "leave" };
    expect(await filesToCarry(bed.engine, container)).toEqual({ files: null, changes: [] });
  });

  it("is refused for its size, too", async () => {
    await bed.docker("create", "--name", name, image.tag);
    await bed.docker("cp", await put("large", Buffer.alloc(17 * 1024 * 1024)), `${name}:/large`);
    await expect(filesToCarry(bed.engine, await bed.inspect(name))).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining("/large"),
    });
  });
});

it("leaves no container behind where the files cannot be given to it", async () => {
  const obstacle = await bed.image("files-three", "VOLUME /clash/x");
  await bed.docker("create", "--name", name, image.tag);
  await mkdir(join(directory, "clash"));
  await put("clash/x");
  await bed.docker("cp", join(directory, "clash"), `${name}:/`);
  next = obstacle;
  await expect(succeed()).rejects.toMatchObject({ code: "create_failed" });
  expect(await bed.names()).not.toContain(`${name}-next`);
});
