import assert from "node:assert/strict";
import { test } from "node:test";
import { Viewport } from "../../static/editor/viewport.js";

function fitted(width = 400, height = 200) {
  const view = new Viewport(width, height);
  view.resize(800, 600);
  view.fit();
  return view;
}

const near = (a, b) => assert.ok(a.every((value, i) => Math.abs(value - b[i]) < 1e-9), `${a} is not ${b}`);

test("fit puts the picture's middle in the stage's middle", () => {
  near(fitted().toScreen(200, 100), [400, 300]);
});

test("to the picture and back is the same place", () => {
  const view = fitted();
  near(view.toScreen(...view.toPicture(123, 456)), [123, 456]);
});

test("zoom keeps the place under the pointer", () => {
  const view = fitted();
  const place = view.toPicture(300, 250);
  view.zoomBy(3, 300, 250);
  near(view.toPicture(300, 250), place);
});

test("actual pixels take the screen's density into account", () => {
  const view = fitted();
  view.actual(2);
  assert.equal(view.scale, 0.5);
});

test("zoom has bounds", () => {
  const view = fitted();
  view.zoomBy(1e9, 400, 300);
  assert.equal(view.scale, 32);
  view.zoomBy(1e-9, 400, 300);
  assert.ok(view.scale > 0.1);
});

test("the picture cannot be lost from sight", () => {
  const view = fitted();
  view.pan(1e6, -1e6);
  const box = view.boxOnScreen({ left: 0, top: 0, right: 400, bottom: 200 });
  assert.ok(box.left < 800 && box.bottom > 0);
});

test("a pinch zooms and pans at once", () => {
  const view = fitted();
  const scale = view.scale;
  const place = view.toPicture(400, 300);
  view.pinch([[390, 300], [410, 300]], [[400, 320], [440, 320]]);
  assert.ok(Math.abs(view.scale - 2 * scale) < 1e-9);
  near(view.toPicture(420, 320), place);
});

test("a new size of the stage keeps the middle", () => {
  const view = fitted();
  view.zoomBy(4, 500, 300);
  const place = view.toPicture(400, 300);
  view.resize(400, 700);
  near(view.toPicture(200, 350), place);
});
