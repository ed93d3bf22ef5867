import { describe, expect, test } from "vitest";
import { httpMessage } from "./message.ts";
import { payloads } from "./payload.fixture.ts";
import { checkTargetUrl } from "./target.ts";
import { type Template, wrongTemplate } from "./template.ts";

const template = (more: Partial<Template> = {}): Template => ({
  url: "https://hooks.test/x",
  headers: {},
  body: null,
  ...more,
});
const sent = (more: Partial<Template>, payload = payloads.failed) =>
  httpMessage({ kind: "template", secret: "s3/cret", ...template(more) }, payload, "d1");

describe("what is sent", () => {
  test("the payload as JSON, where there is no body", () => {
    const { headers, body, method } = sent({});
    expect(method).toBe("POST");
    expect(headers["Content-Type"]).toBe("application/json");
    expect(JSON.parse(body)).toEqual(payloads.failed);
  });

  test("JSON stays JSON, whatever is filled in", () => {
    const error = 'a "quoted" \\ line\nand {{secret}} another';
    const payload = { ...payloads.failed, data: { ...payloads.failed.data, error } };
    const body =
      '{"t": "{{ title }}", "e": "{{data.error}}", "p": {{payload}}, "n": "{{data.none}}"}';
    expect(JSON.parse(sent({ body }, payload).body)).toEqual({
      t: "registry.test/app:v2 could not be deployed",
      e: error,
      p: payload,
      n: "",
    });
  });

  test("a form, an address and headers are escaped in their own ways", () => {
    const request = sent({
      url: "https://hooks.test/{{environment}}?token={{secret}}&t={{title}}",
      headers: {
        "Content-Type": "application/x-www-form-urlencoded",
        Authorization: "Bearer {{secret}}",
        Title: "{{data.error}}",
      },
      body: "message={{data.error}}",
    });
    expect(request.url).toBe(
      "https://hooks.test/production?token=s3%2Fcret&t=registry.test%2Fapp%3Av2%20could%20not%20be%20deployed",
    );
    expect(request.headers).toMatchObject({ Authorization: "Bearer s3/cret" });
    expect(request.body).toBe(
      "message=Health%20check%20failed%20for%20web%20on%20one%3A%20%3Cexit%3E%20%26%20gone.",
    );
  });

  test("no header is broken up by what others wrote", () => {
    const data = { ...payloads.failed.data, error: "a\r\nX-Evil: 1 ü" };
    const { headers } = sent({ headers: { T: "{{data.error}}" } }, { ...payloads.failed, data });
    expect(headers.T).toBe("a  X-Evil: 1  ");
  });
});

describe("what is refused", () => {
  test.each([
    [{ headers: { "X-A": "{{titel}}" } }, "headers.X-A", "no placeholder"],
    [{ headers: { Host: "evil.test" } }, "headers.Host", "belongs to the connection"],
    [{ headers: { "a b": "x" } }, "headers.a b", "not the name"],
    [{ headers: { A: "x\r\ny" } }, "headers.A", "control characters"],
    [{ body: "{{data.}}" }, "body", "no placeholder"],
    [{ body: '{"a": {{title}}}' }, "body", "no JSON"],
  ])("%j", (more, field, why) => {
    expect(wrongTemplate(template(more))).toMatchObject({
      field,
      message: expect.stringContaining(why) as string,
    });
  });

  test("a body of another type may be anything", () => {
    const headers = { "content-type": "text/plain" };
    expect(wrongTemplate(template({ headers, body: "{{title}} {" }))).toBeNull();
  });

  test.each([
    ["https://{{data.host}}/x", "path and query only"],
    ["https://hooks.test{{title}}/x", "path and query only"],
    ["https://hooks.test/{{host}}", "no placeholder"],
  ])("the address %s", (url, why) => {
    expect(checkTargetUrl("template", url)).toMatchObject({
      ok: false,
      message: expect.stringContaining(why) as string,
    });
    expect(checkTargetUrl("template", "https://h.test/a?b={{title}}")).toEqual({ ok: true });
  });
});
