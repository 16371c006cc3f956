import assert from "node:assert/strict";
import { test } from "node:test";
import { Mask } from "../../static/editor/mask.js";
import { PointerInput } from "../../static/editor/pointer.js";
import { SelectTool, joined } from "../../static/editor/tools/select.js";
import { Viewport } from "../../static/editor/viewport.js";

const square = (left, top, right, bottom) => [[left, top], [right, top], [right, bottom], [left, bottom]];
const turned = (ring) => ring.toReversed();

test("rings become one way that is inside where they are", () => {
  const mask = new Mask(40, 20);
  const rings = [square(2, 2, 18, 18), turned(square(6, 6, 14, 14)), square(24, 2, 38, 18)];
  mask.apply({ tool: "lasso", mode: "add", points: joined(rings) });
  const at = (x, y) => mask.levels[y * 40 + x];
  assert.deepEqual([at(4, 4), at(10, 10), at(16, 10), at(30, 10)], [65535, 0, 65535, 65535]);
  assert.deepEqual([at(0, 0), at(20, 10), at(22, 2)], [0, 0, 0]); // the bridges enclose nothing
});

function toolbox(answers) {
  const viewport = new Viewport(100, 80);
  viewport.resize(100, 80);
  viewport.zoomTo(1);
  const asked = [], ran = [], said = [], complaints = [], shown = [];
  return {
    viewport, asked, ran, said, complaints, shown,
    api: { pick: async (prompt) => (asked.push(structuredClone(prompt)), answers.shift()?.() ?? []) },
    run: (stroke) => ran.push(stroke),
    frame: { choices: (is) => shown.push(is) },
    say: (words) => said.push(words),
    failed: (error) => complaints.push(error.message),
    pendingChanged() {},
  };
}

const place = (x, y, more = {}) => ({ x, y, alt: false, ...more });
const rest = () => new Promise((resolve) => setTimeout(resolve));
const click = (tool, ...at) => (tool.begin(place(...at)), tool.end(place(...at)));

test("a click, one that does not belong, then it is erased", async () => {
  const one = toolbox([() => [], () => [square(1, 1, 9, 9)], () => [square(1, 1, 5, 5)]]);
  const tool = new SelectTool(one);
  tool.taken();
  click(tool, 5, 5);
  await rest();
  click(tool, 8, 8, { alt: true });
  await rest();
  assert.deepEqual(one.asked.map(({ points }) => points), [[], [[5, 5, 1]], [[5, 5, 1], [8, 8, 0]]]);
  tool.finish("erase");
  assert.equal(one.ran[0].mode, "remove");
  assert.equal(tool.selection, null);
  assert.deepEqual(one.shown, [true, true, false]);
});

test("a drag is a box, cut to the picture", async () => {
  const one = toolbox([]);
  const tool = new SelectTool(one);
  tool.begin(place(90, 70));
  tool.move(place(150, 20));
  tool.end(place(150, 20));
  await rest();
  assert.deepEqual(one.asked[0].box, [90, 20, 100, 70]);
  assert.match(one.complaints[0], /Nothing was found/);
});

test("clicks beside the picture ask nothing", async () => {
  const one = toolbox([]);
  const tool = new SelectTool(one);
  click(tool, -3, 5);
  click(tool, 5, 81);
  await rest();
  assert.deepEqual(one.asked, []);
  tool.finish();
  assert.deepEqual(one.ran, []);
});

test("what does not belong is no question on its own", async () => {
  const one = toolbox([]);
  const tool = new SelectTool(one);
  click(tool, 8, 8, { alt: true });
  await rest();
  assert.deepEqual([one.asked, tool.selection.points], [[], [[8, 8, 0]]]);
  click(tool, 5, 5);
  await rest();
  assert.deepEqual(one.asked[0].points, [[8, 8, 0], [5, 5, 1]]);
});

test("an answer that comes after Escape is not shown", async () => {
  let answer;
  const one = toolbox([() => new Promise((resolve) => (answer = resolve))]);
  const tool = new SelectTool(one);
  click(tool, 5, 5);
  await rest();
  tool.cancel();
  answer([square(1, 1, 9, 9)]);
  await rest();
  assert.equal(tool.selection, null);
  assert.equal(tool.canFinish, false);
});

test("what the server could not do is said, and the photo looked at again", async () => {
  const one = toolbox([() => Promise.reject(new Error("The worker is away."))]);
  const tool = new SelectTool(one);
  tool.taken();
  await tool.looked;
  assert.deepEqual([one.complaints, tool.looked], [["The worker is away."], null]);
  assert.equal(one.said.at(-1), null);
});

test("by keys, Shift begins a box and the next press ends it", async () => {
  const one = toolbox([() => [], () => [square(1, 1, 9, 9)]]);
  const tool = new SelectTool(one);
  const pointer = new PointerInput({ addEventListener() {} }, { ...one, tool, isOpen: true, hover() {}, moved() {} });
  pointer.pressByKeys(place(10, 10, { shift: true }));
  assert.equal(pointer.mode, "draw");
  pointer.byKeys(place(60, 50));
  assert.deepEqual(tool.selection.box, [10, 10, 60, 50]);
  pointer.pressByKeys(place(60, 50));
  await rest();
  assert.equal(pointer.mode, null);
  assert.deepEqual(one.asked.at(-1), { points: [], box: [10, 10, 60, 50] });
  pointer.pressByKeys(place(30, 20));
  await rest();
  assert.deepEqual(one.asked.at(-1).points, [[30, 20, 1]]);
});
