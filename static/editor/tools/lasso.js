// Lasso: draw around something. Polygon: click its corners; a click on the first one, a double click or Enter ends it.

const NEAR = 12; // CSS px around the first corner
const STEP = 1.5; // CSS px between two points of a lasso

class Around {
  constructor(toolbox) {
    this.toolbox = toolbox;
    this.points = [];
    this.cursor = null;
    this.isAway = false;
  }

  frame() {}

  cancel() {
    this.points = [];
    this.cursor = null;
    this.toolbox.pendingChanged();
  }

  get canFinish() {
    return this.points.length > 2;
  }

  get path() {
    return this.cursor ? [...this.points, this.cursor] : this.points;
  }

  finish() {
    const { points } = this;
    this.cancel();
    if (points.length < 3) return;
    const keeps = (this.toolbox.settings.mode === "restore") !== this.isAway;
    this.toolbox.run({ tool: "lasso", mode: keeps ? "add" : "remove", points });
  }

  add(place) {
    this.points.push([place.x, place.y]);
    this.toolbox.pendingChanged();
  }
}

export class LassoTool extends Around {
  isHeld = true;

  begin(place) {
    this.points = [];
    this.isAway = place.alt;
    this.add(place);
  }

  move(place) {
    const [x, y] = this.points.at(-1) ?? [place.x, place.y];
    if (Math.hypot(place.x - x, place.y - y) * this.toolbox.viewport.scale >= STEP) this.add(place);
  }

  end() {
    this.finish();
  }
}

export class PolygonTool extends Around {
  begin(place) {
    if (!this.points.length) this.isAway = place.alt;
    if (this.points.length > 2 && this.#isNear(place, this.points[0])) return this.finish();
    if (this.points.length && this.#isNear(place, this.points.at(-1), 3)) return this.finish();
    this.add(place);
  }

  move(place) {
    this.hover(place);
  }

  end() {}

  hover(place) {
    if (!this.points.length) return;
    this.cursor = place ? [place.x, place.y] : null;
    this.toolbox.pendingChanged();
  }

  #isNear(place, [x, y], within = NEAR) {
    return Math.hypot(place.x - x, place.y - y) * this.toolbox.viewport.scale <= within;
  }
}
