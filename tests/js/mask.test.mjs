import assert from "node:assert/strict";
import { test } from "node:test";
import { FULL, Likeness, Mask } from "../../static/editor/mask.js";

const dot = (more) => ({ tool: "restore", size: 3, hardness: 1, strength: 1, points: [[2.5, 2.5, 1]], ...more });

function rows(mask) {
  return Array.from({ length: mask.height }, (_, y) =>
    Array.from(mask.levels.subarray(y * mask.width, (y + 1) * mask.width)),
  );
}

test("a hard dot is round, with half a pixel of softness", () => {
  const mask = new Mask(5, 5);
  mask.apply(dot());
  // d = 0, 1, √2, 2: s = 1, 1, 2 - √2, 0 and c = 65535 s² (3 - 2 s)
  const corner = Math.floor(FULL * (2 - Math.SQRT2) ** 2 * (3 - 2 * (2 - Math.SQRT2)) + 0.5);
  assert.deepEqual(rows(mask), [
    [0, 0, 0, 0, 0],
    [0, corner, FULL, corner, 0],
    [0, FULL, FULL, FULL, 0],
    [0, corner, FULL, corner, 0],
    [0, 0, 0, 0, 0],
  ]);
});

test("strength counts once, however often the way crosses itself", () => {
  const mask = new Mask(20, 20);
  mask.apply(dot({ size: 8, strength: 0.5, points: [[4, 10], [16, 10], [4, 10], [16, 10]] }));
  assert.equal(mask.levels[10 * 20 + 10], 32768);
});

test("erase clears what restore made", () => {
  const mask = new Mask(5, 5);
  mask.apply(dot());
  mask.apply(dot({ tool: "erase", size: 6 }));
  assert.ok(mask.levels.every((v) => v === 0));
});

test("a thin pen draws a thinner line", () => {
  const [hard, thin] = [1, 0].map((pressure) => {
    const mask = new Mask(40, 40);
    mask.apply(dot({ size: 20, points: [[20, 20, pressure]] }));
    return mask.levels.filter((v) => v > 0).length;
  });
  assert.ok(thin < hard / 10, `${thin} of ${hard}`);
});

test("a way in pieces equals the way at once", () => {
  const stroke = dot({ size: 30, hardness: 0.2, points: [[3, 3, 0.3], [300, 40, 1], [280, 300, 0.6]] });
  const once = new Mask(320, 310), slowly = new Mask(320, 310);
  once.apply(stroke);
  const drawn = slowly.begin(stroke);
  for (const point of stroke.points) drawn.extend(point);
  drawn.end();
  assert.deepEqual(once.levels, slowly.levels);
});

test("a patch takes a stroke back and makes it again", () => {
  const mask = new Mask(600, 300);
  for (const stroke of [
    dot({ size: 90, points: [[250, 100], [270, 280]] }),
    { tool: "invert" },
    { tool: "lasso", mode: "remove", points: [[10, 10], [500, 20], [300, 290]] },
    { tool: "grow", px: -4 },
  ]) {
    const before = mask.levels.slice();
    const patch = mask.apply(stroke);
    const after = mask.levels.slice();
    assert.notDeepEqual(before, after);
    assert.ok(patch.box);
    mask.swap(patch);
    assert.deepEqual(mask.levels, before);
    mask.swap(patch);
    assert.deepEqual(mask.levels, after);
  }
});

test("a tile of one value costs a number and not a copy", () => {
  const mask = new Mask(1024, 1024);
  assert.ok(mask.apply({ tool: "invert" }).bytes < 1000);
});

test("strokes beside the picture change nothing", () => {
  const mask = new Mask(10, 10);
  const patch = mask.apply(dot({ points: [[-50, -50], [-20, 400]] }));
  assert.equal(patch.box, null);
  assert.ok(mask.levels.every((v) => v === 0));
});

test("a lasso counts the inner part of its border's pixels", () => {
  const mask = new Mask(4, 3);
  mask.apply({ tool: "lasso", mode: "add", points: [[0.5, 1], [3, 1], [3, 2], [0.5, 2]] });
  assert.deepEqual(rows(mask), [
    [0, 0, 0, 0],
    [32768, FULL, FULL, 0],
    [0, 0, 0, 0],
  ]);
});

test("holes are filled with their rim, the outside is not", () => {
  const mask = new Mask(9, 9);
  mask.apply({ tool: "lasso", mode: "add", points: [[1, 1], [8, 1], [8, 8], [1, 8]] });
  mask.apply({ tool: "lasso", mode: "remove", points: [[4, 4], [5, 4], [5, 5], [4, 5]] });
  mask.apply({ tool: "fill_holes" });
  assert.equal(mask.levels[4 * 9 + 4], FULL);
  assert.equal(mask.levels[0], 0);
  assert.equal(mask.apply({ tool: "fill_holes" }).box, null);
});

test("growing reaches a disc, shrinking takes it back", () => {
  const mask = new Mask(7, 7);
  mask.levels[3 * 7 + 3] = FULL;
  mask.apply({ tool: "grow", px: 2 });
  const X = FULL;
  assert.deepEqual(rows(mask).slice(0, 4), [
    [0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, X, 0, 0, 0],
    [0, X, X, X, X, X, 0],
    [0, X, X, X, X, X, 0],
  ]);
  mask.apply({ tool: "grow", px: -2 });
  assert.equal(mask.levels.filter((v) => v).length, 1);
});

test("smoothing leaves flat parts as they are and removes a tooth", () => {
  const mask = new Mask(40, 40);
  mask.apply({ tool: "lasso", mode: "add", points: [[0, 20], [40, 20], [40, 40], [0, 40]] });
  mask.levels[19 * 40 + 20] = FULL;
  mask.apply({ tool: "smooth", px: 3 });
  assert.ok(mask.levels[19 * 40 + 20] < FULL / 2);
  assert.equal(mask.levels[0], 0);
  assert.equal(mask.levels[39 * 40], FULL);
});

test("a smart stroke waits for its likeness and keeps within it", () => {
  const mask = new Mask(5, 5);
  const stroke = dot({ smart: true });
  assert.throws(() => mask.apply(stroke), /answer/);
  mask.apply(stroke, new Likeness(2, 0, 1, 5, new Uint8Array(5).fill(255)));
  assert.deepEqual(rows(mask)[2], [0, 0, FULL, 0, 0]);
});
