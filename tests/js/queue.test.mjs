import assert from "node:assert/strict";
import { test } from "node:test";
import { Queue } from "../../static/js/queue.js";

function gate() {
  let open;
  const promise = new Promise((resolve) => (open = resolve));
  return { promise, open };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("the first runs alone, then several at once", async () => {
  const queue = new Queue(2);
  const gates = [gate(), gate(), gate(), gate()];
  const begun = [];
  const results = gates.map((each, at) => queue.add(() => (begun.push(at), each.promise)));
  await settled();
  assert.deepEqual(begun, [0]);
  gates[0].open("a");
  await settled();
  assert.deepEqual(begun, [0, 1, 2]);
  for (const each of gates) each.open("b");
  assert.deepEqual(await Promise.all(results), ["a", "b", "b", "b"]);
});

test("one that fails does not hold up the others", async () => {
  const queue = new Queue();
  const failed = queue.add(() => {
    throw new Error("no");
  });
  const done = queue.add(() => "yes");
  await assert.rejects(failed, /no/);
  assert.equal(await done, "yes");
});
