import assert from "node:assert/strict";
import { test } from "node:test";
import { Refusal, understood } from "../../static/js/send.js";

test("an accepted photo", () => {
  assert.deepEqual(understood(201, '{"id": "1", "url": "/jobs/1"}'), { id: "1", url: "/jobs/1" });
});

for (const [status, text, code] of [
  [415, '{"code": "unsupported_format", "detail": "no"}', "unsupported_format"],
  [413, "<html>proxy</html>", "file_too_large"],
  [502, "<html>proxy</html>", "broken"],
  [200, "{}", "broken"],
  [500, "", "broken"],
]) {
  test(`an answer of ${status} ${text.slice(0, 12)} is ${code}`, () => {
    assert.throws(() => understood(status, text), (error) => error instanceof Refusal && error.code === code && error.message !== "");
  });
}
