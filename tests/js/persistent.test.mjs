import assert from "node:assert/strict";
import { test } from "node:test";
import { persistently, reached } from "../../static/js/persistent.js";
import { Refusal } from "../../static/js/send.js";

const atOnce = async () => {};
const away = () => new Refusal("offline", "away");

test("a server that is away for long costs no try", async () => {
  let looks = 0, sent = 0, told = 0;
  const ask = async () => {
    if (++looks < 50) throw new TypeError("Failed to fetch");
  };
  const send = async () => {
    if (++sent === 1) throw away();
    return "taken";
  };
  const answer = await persistently(send, () => (told += 1), { wait: atOnce, back: () => reached(ask, atOnce) });
  assert.deepEqual([answer, sent, looks, told], ["taken", 2, 50, 1]);
});

test("a file that cannot be sent while the server answers is given up", async () => {
  let sent = 0;
  const send = async () => {
    sent += 1;
    throw away();
  };
  await assert.rejects(persistently(send, () => {}, { wait: atOnce, back: atOnce }), { code: "unsent" });
  assert.equal(sent, 4);
});

test("a refusal goes through at once", async () => {
  let sent = 0;
  const send = async () => {
    sent += 1;
    throw new Refusal("unsupported_format", "no");
  };
  await assert.rejects(persistently(send, assert.fail, { wait: atOnce, back: atOnce }), { code: "unsupported_format" });
  assert.equal(sent, 1);
});
