import { createHash } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import { z } from "zod";
import type { RegistryCredentials } from "../authentication.ts";
import { failure, type Outcome, success } from "../outcome.ts";
import type { StoredLogin } from "../registry-type.ts";
import type { Dialect, TagDetail } from "./dialect.ts";
import { type ApiAnswer, maxPages, type VendorApi } from "./vendor-api.ts";

const tokenShape = z.object({
  authorizationData: z
    .array(z.object({ authorizationToken: z.string(), expiresAt: z.number().nullish() }))
    .min(1),
});
const imagesShape = z.object({
  nextToken: z.string().nullish(),
  imageDetails: z.array(
    z.object({
      imageDigest: z.string(),
      imageTags: z.array(z.string()).nullish(),
      imageSizeInBytes: z.number().nullish(),
      imagePushedAt: z.number().nullish(),
    }),
  ),
});
const repositoriesShape = z.object({
  nextToken: z.string().nullish(),
  repositories: z.array(z.object({ repositoryName: z.string() })),
});

const hostShape = /^(\d{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.(amazonaws\.com(?:\.cn)?)$/;
const defaultLifetimeMs = 12 * 3_600_000;
/** given up early, so that a long pull does not start with a token that is about to end */
const marginMs = 15 * 60_000;

/**
 * Amazon's registry. The connection holds an access key (user name: its id, password: its secret,
 * token: a session token where there is one), which is exchanged for the registry's own password;
 * one that holds the user name AWS and such a password is used as it is.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/
 */
export function ecrDialect(
  apiOf: (region: string, suffix: string) => string = defaultApi,
): Dialect {
  interface Place {
    account: string;
    region: string;
    origin: string;
  }

  function placeOf(host: string): Place | null {
    const [, account, region, suffix] = hostShape.exec(host) ?? [];
    if (account === undefined || region === undefined || suffix === undefined) return null;
    return { account, region, origin: apiOf(region, suffix) };
  }

  async function call<T>(
    api: VendorApi,
    place: Place,
    login: StoredLogin,
    operation: string,
    body: object,
    shape: z.ZodType<T>,
  ): Promise<Outcome<ApiAnswer<T>>> {
    const signer = new AwsV4Signer({
      method: "POST",
      url: `${place.origin}/`,
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `AmazonEC2ContainerRegistry_V20150921.${operation}`,
      },
      body: JSON.stringify(body),
      accessKeyId: login.username ?? "",
      secretAccessKey: login.password ?? "",
      ...(login.token === null ? {} : { sessionToken: login.token }),
      service: "ecr",
      region: place.region,
    });
    const signed = await signer.sign();
    const headers = Object.fromEntries(signed.headers.entries());
    const { authorization = null, ...others } = headers;
    return api.ask(
      {
        method: "POST",
        url: signed.url,
        authorization,
        headers: others,
        body: JSON.stringify(body),
      },
      shape,
    );
  }

  async function exchange(
    api: VendorApi,
    place: Place,
    login: StoredLogin,
  ): Promise<Outcome<RegistryCredentials>> {
    const key = `${place.origin} ${createHash("sha256").update(JSON.stringify(login)).digest("hex")}`;
    const token = await api.token(key, async () => {
      const answer = await call(api, place, login, "GetAuthorizationToken", {}, tokenShape);
      if (!answer.ok) return answer.status === 400 ? refusal(place) : answer;
      const [data] = answer.value.value.authorizationData;
      const expiresAt = data?.expiresAt ? data.expiresAt * 1000 : Date.now() + defaultLifetimeMs;
      return success({ value: data?.authorizationToken ?? "", expiresAt: expiresAt - marginMs });
    });
    if (!token.ok) return token;
    const [username = "", ...rest] = Buffer.from(token.value, "base64").toString().split(":");
    return success({ username, password: rest.join(":") });
  }

  const isAccessKey = (login: StoredLogin) =>
    login.username !== null && login.username !== "AWS" && login.password !== null;

  return {
    async credentials({ host, login, api }) {
      const place = placeOf(host);
      if (!isAccessKey(login)) {
        const password = login.password ?? login.token;
        return success(password === null ? null : { username: "AWS", password });
      }
      if (place === null) {
        return failure(
          "unreachable",
          `${host} is not the host of a registry of Amazon, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com.`,
        );
      }
      return exchange(api, place, login);
    },

    async tagDetails({ client, login, api }, repository) {
      const details = new Map<string, TagDetail>();
      const place = placeOf(client.endpoint.domain);
      if (place === null || !isAccessKey(login)) return success(details);
      let nextToken: string | undefined;
      for (let page = 1; page <= maxPages; page++) {
        const answer = await call(
          api,
          place,
          login,
          "DescribeImages",
          {
            registryId: place.account,
            repositoryName: repository,
            filter: { tagStatus: "TAGGED" },
            maxResults: 1000,
            ...(nextToken === undefined ? {} : { nextToken }),
          },
          imagesShape,
        );
        if (!answer.ok) return page === 1 ? answer : success(details);
        for (const image of answer.value.value.imageDetails) {
          for (const tag of image.imageTags ?? []) {
            details.set(tag, {
              digest: image.imageDigest,
              size: image.imageSizeInBytes ?? null,
              pushedAt: image.imagePushedAt ? image.imagePushedAt * 1000 : null,
            });
          }
        }
        nextToken = answer.value.value.nextToken ?? undefined;
        if (nextToken === undefined) break;
      }
      return success(details);
    },

    async repositories({ client, login, api }, next) {
      const place = placeOf(client.endpoint.domain);
      if (place === null || !isAccessKey(login)) return null;
      const answer = await call(
        api,
        place,
        login,
        "DescribeRepositories",
        {
          registryId: place.account,
          maxResults: 100,
          ...(next === null ? {} : { nextToken: next }),
        },
        repositoriesShape,
      );
      if (!answer.ok) return answer;
      const { repositories, nextToken } = answer.value.value;
      return success({
        items: repositories.map(({ repositoryName }) => repositoryName),
        next: nextToken ?? null,
      });
    },
  };
}

function defaultApi(region: string, suffix: string): string {
  return `https://api.ecr.${region}.${suffix}`;
}

function refusal(place: { origin: string }): Outcome<never> {
  return failure(
    "unauthorized",
    `${new URL(place.origin).host} does not accept this access key; check its id and secret, and that it may call ecr:GetAuthorizationToken.`,
    { status: 400 },
  );
}
