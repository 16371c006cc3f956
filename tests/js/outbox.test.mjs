import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../../static/js/outbox.js";
import { Refusal } from "../../static/js/send.js";

const atOnce = async () => {};

test("what is not reached is tried again, then told", async () => {
  let tries = 0;
  const send = async () => {
    tries += 1;
    throw new Refusal("offline", "away");
  };
  const outbox = new Outbox(() => {}, () => {}, send, { wait: atOnce, back: atOnce });
  assert.equal(await outbox.add("/x", "t", "a", {}), null);
  assert.match(outbox.failed.get("a"), /could not be sent/);
  assert.deepEqual([tries, outbox.isBusy], [4, false]);
});

test("a refusal is not tried again and stops no other", async () => {
  const seen = [];
  const send = async (url, fields) => {
    seen.push(fields.key);
    if (fields.key === "bad") throw new Refusal("batch_closed", "closed");
    return { items: [] };
  };
  let over = 0;
  const outbox = new Outbox(() => {}, () => (over += 1), send, { wait: atOnce, back: atOnce });
  await Promise.all(["a", "bad", "b"].map((key) => outbox.add("/x", "t", key, { key })));
  assert.deepEqual(seen.sort(), ["a", "b", "bad"]);
  assert.deepEqual([[...outbox.failed.keys()], over], [["bad"], 1]);
});
