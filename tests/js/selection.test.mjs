import assert from "node:assert/strict";
import { test } from "node:test";
import { neighbour, Selection } from "../../static/js/selection.js";

const ALL = ["a", "b", "c", "d", "e"];

test("a range grows and shrinks from where it began", () => {
  const selection = new Selection();
  selection.set("b", true);
  selection.extend(ALL, "d");
  assert.deepEqual(selection.ids.sort(), ["b", "c", "d"]);
  selection.extend(ALL, "c");
  assert.deepEqual(selection.ids.sort(), ["b", "c"]);
  selection.extend(ALL, "a");
  assert.deepEqual(selection.ids.sort(), ["a", "b"]);
});

test("what is gone is not selected any more", () => {
  const selection = new Selection();
  selection.all(ALL);
  selection.keep(["a", "z"]);
  assert.deepEqual(selection.ids, ["a"]);
});

test("arrows lead through rows, also into a short last one", () => {
  const boxes = [0, 1, 2, 3, 4].map((at) => ({ left: 100 * (at % 3), top: 100 * Math.floor(at / 3), width: 90 }));
  assert.equal(neighbour(boxes, 0, "ArrowDown"), 3);
  assert.equal(neighbour(boxes, 2, "ArrowDown"), 4);
  assert.equal(neighbour(boxes, 4, "ArrowUp"), 1);
  assert.equal(neighbour(boxes, 4, "ArrowDown"), 4);
  assert.equal(neighbour(boxes, 0, "ArrowLeft"), 0);
  assert.equal(neighbour(boxes, 2, "End"), 4);
});
