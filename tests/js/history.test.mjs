import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../static/editor/history.js";

test("undo and redo walk the same way", () => {
  const history = new History();
  history.push("a", 1);
  history.push("b", 2);
  assert.equal(history.undo().stroke, "b");
  assert.deepEqual(history.strokes, ["a"]);
  assert.equal(history.redo().stroke, "b");
  assert.deepEqual(history.strokes, ["a", "b"]);
});

test("undo beyond the beginning and redo beyond the end do nothing", () => {
  const history = new History();
  assert.equal(history.undo(), null);
  history.push("a");
  assert.equal(history.redo(), null);
  assert.equal(history.undo().stroke, "a");
  assert.equal(history.undo(), null);
  assert.deepEqual([history.canUndo, history.canRedo], [false, true]);
});

test("a new stroke after an undo forgets what could be done again", () => {
  const history = new History();
  ["a", "b", "c"].forEach((stroke) => history.push(stroke));
  history.undo();
  history.undo();
  history.push("d");
  assert.deepEqual(history.strokes, ["a", "d"]);
  assert.equal(history.canRedo, false);
});

test("a save begins at the last revision at or before now", () => {
  const history = new History();
  history.restart(3);
  history.push("a");
  history.mark(4);
  history.push("b");
  assert.deepEqual(history.unsaved, { base: 4, strokes: ["b"] });
  history.undo();
  assert.ok(history.isSaved);
  history.undo();
  assert.deepEqual(history.unsaved, { base: 3, strokes: [] });
  history.push("c");
  assert.deepEqual(history.unsaved, { base: 3, strokes: ["c"] }, "revision 4 lies on a way that was left");
});

test("old patches are dropped beyond the budget, strokes never", () => {
  const history = new History(100);
  for (let i = 0; i < 5; i++) history.push(i, { bytes: 40 });
  assert.deepEqual(history.entries.map((entry) => entry.patch !== null), [false, false, false, true, true]);
  assert.equal(history.strokes.length, 5);
});
