import assert from "node:assert/strict";
import { test } from "node:test";
import { Mask } from "../../static/editor/mask.js";
import { Pyramid } from "../../static/editor/pyramid.js";

test("a changed box brings all copies to what they would be from scratch", () => {
  const mask = new Mask(1201, 777);
  const pyramid = new Pyramid(mask);
  const { box } = mask.apply({ tool: "restore", size: 77, hardness: 0.4, strength: 1, points: [[1190, 30], [700, 770]] });
  pyramid.update(box);
  const fresh = new Pyramid(mask);
  assert.deepEqual(pyramid.floors.map((floor) => floor.levels), fresh.floors.map((floor) => floor.levels));
});

test("from afar a smaller copy is shown, from near the mask itself", () => {
  const pyramid = new Pyramid(new Mask(1024, 512));
  assert.equal(pyramid.floor(1).levels, pyramid.mask.levels);
  assert.equal(pyramid.floor(0.6).factor, 1);
  assert.equal(pyramid.floor(0.5).factor, 2);
  assert.equal(pyramid.floor(0.01).factor, 4);
});
