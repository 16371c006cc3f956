import assert from "node:assert/strict";
import { test } from "node:test";
import { KEYS, commandOf } from "../../static/editor/keys.js";

const pressed = (key, more = {}) => commandOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });

const MEANT = [
  ["b", {}, "tool:restore"],
  ["B", { shiftKey: true }, "tool:restore"],
  ["z", {}, "undo"],
  ["Z", { shiftKey: true }, "redo"],
  ["z", { ctrlKey: true }, "undo"],
  ["Z", { ctrlKey: true, shiftKey: true }, "redo"],
  ["y", { metaKey: true }, "redo"],
  ["s", {}, "tool:smart"],
  ["s", { ctrlKey: true }, "save"],
  ["[", {}, "smaller"],
  ["{", { shiftKey: true }, "softer"],
  ["?", { shiftKey: true }, "help"],
  ["+", { shiftKey: true }, "zoom-in"],
  ["Escape", {}, "escape"],
  ["b", { ctrlKey: true }, undefined],
  ["b", { altKey: true }, undefined],
  ["a", {}, "tool:select"],
  ["k", {}, "pointer"],
  ["y", {}, "history"],
  ["Delete", {}, "remove"],
  ["Enter", {}, "finish"],
  ["j", {}, undefined],
];

for (const [key, more, command] of MEANT) {
  test(`${JSON.stringify(more)} ${key} means ${command}`, () => assert.equal(pressed(key, more), command));
}

test("no key is promised twice", () => {
  const keys = KEYS.filter((row) => row.length > 1).map(([key]) => key);
  assert.equal(new Set(keys).size, keys.length);
});
