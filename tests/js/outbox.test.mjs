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
  const outbox = new Outbox(() => {}, () => {}, atOnce, send);
  assert.equal(await outbox.add("/x", "t", "a", {}), null);
  assert.deepEqual([tries, outbox.failed.get("a"), outbox.isBusy], [4, "away", false]);
});

test("a refusal is not tried again and stops no other", async () => {
  const seen = [];
  const send = async (url, fields) => {
    seen.push(fields.key);
    if (fields.key === "bad") throw new Refusal("batch_closed", "closed");
    return { items: [] };
  };
  let over = 0;
  const outbox = new Outbox(() => {}, () => (over += 1), atOnce, send);
  await Promise.all(["a", "bad", "b"].map((key) => outbox.add("/x", "t", key, { key })));
  assert.deepEqual(seen.sort(), ["a", "b", "bad"]);
  assert.deepEqual([[...outbox.failed.keys()], over], [["bad"], 1]);
});
