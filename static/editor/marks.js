// What is drawn above the picture: the brush's outline, a lasso on its way, smart strokes that wait for an answer.

export class Marks {
  constructor(canvas, viewport) {
    this.context = canvas.getContext("2d");
    this.viewport = viewport;
    this.isEmpty = true;
  }

  resize(width, height, dpr) {
    const { canvas } = this.context;
    canvas.width = Math.max(1, Math.round(width * dpr));
    canvas.height = Math.max(1, Math.round(height * dpr));
    this.dpr = dpr;
  }

  /** `brush`: { x, y, size, hardness } in px of the picture; `selection`: { rings, points, box }; `cross` on the screen. */
  draw({ brush, path, ways, selection, cross, accent }) {
    const { context, dpr } = this;
    const nothing = !brush && !path?.length && !ways.length && !selection && !cross;
    if (nothing && this.isEmpty) return;
    this.isEmpty = nothing;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    context.setTransform(dpr, 0, 0, dpr, 0, 0);
    for (const way of ways) this.#way(way, accent);
    if (path?.length) this.#path(path);
    if (selection) this.#selection(selection, accent);
    if (cross) this.#cross(...cross);
    if (brush) this.#outline(brush);
  }

  #outline({ x, y, size, hardness }) {
    const [left, top] = this.viewport.toScreen(x, y);
    const radius = Math.max((size / 2) * this.viewport.scale, 1);
    this.#ring(left, top, radius);
    if (radius > 12 && hardness > 0 && hardness < 1) this.#ring(left, top, radius * hardness, [2, 4]);
    if (radius < 4) this.#cross(left, top);
  }

  /** Dark and light, so that it is seen on any picture. */
  #ring(x, y, radius, dashes = []) {
    const { context } = this;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    this.#twice(dashes);
  }

  #cross(x, y) {
    const { context } = this;
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(x + 6 * dx, y + 6 * dy);
      context.lineTo(x + 11 * dx, y + 11 * dy);
    }
    this.#twice([]);
  }

  #twice(dashes) {
    const { context } = this;
    context.setLineDash(dashes);
    context.lineWidth = 2.5;
    context.strokeStyle = "rgb(0 0 0 / 55%)";
    context.stroke();
    context.lineWidth = 1.25;
    context.strokeStyle = "rgb(255 255 255 / 95%)";
    context.stroke();
    context.setLineDash([]);
  }

  #path(points) {
    const { context, viewport } = this;
    context.beginPath();
    points.forEach(([x, y], index) => context[index ? "lineTo" : "moveTo"](...viewport.toScreen(x, y)));
    context.closePath();
    context.fillStyle = "rgb(255 255 255 / 12%)";
    context.fill();
    this.#twice([5, 4]);
    const [x, y] = viewport.toScreen(...points[0]);
    this.#ring(x, y, 4);
  }

  #selection({ rings, points, box }, accent) {
    const { context, viewport } = this;
    context.beginPath();
    for (const ring of rings) {
      ring.forEach(([x, y], index) => context[index ? "lineTo" : "moveTo"](...viewport.toScreen(x, y)));
      context.closePath();
    }
    context.globalAlpha = 0.35;
    context.fillStyle = accent;
    context.fill();
    context.globalAlpha = 1;
    this.#twice([5, 4]);
    if (box) this.#box(box);
    for (const [x, y, inside] of points) this.#dot(...viewport.toScreen(x, y), inside, accent);
  }

  #box([left, top, right, bottom]) {
    const { context, viewport } = this;
    const on = viewport.boxOnScreen({ left, top, right, bottom });
    context.beginPath();
    context.rect(on.left, on.top, on.right - on.left, on.bottom - on.top);
    this.#twice([2, 3]);
  }

  /** Plus for what belongs, minus for what does not. */
  #dot(x, y, inside, accent) {
    const { context } = this;
    context.beginPath();
    context.arc(x, y, 8, 0, 2 * Math.PI);
    context.fillStyle = inside ? accent : "white";
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = "black";
    context.stroke();
    context.beginPath();
    context.moveTo(x - 4, y);
    context.lineTo(x + 4, y);
    if (inside) context.moveTo(x, y - 4), context.lineTo(x, y + 4);
    context.stroke();
  }

  #way({ points, size }, accent) {
    const { context, viewport } = this;
    const { left, top, right, bottom } = viewport.boxOnScreen({ left: 0, top: 0, right: viewport.width, bottom: viewport.height });
    context.save();
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    context.clip();
    context.beginPath();
    points.forEach(([x, y], index) => context[index ? "lineTo" : "moveTo"](...viewport.toScreen(x, y)));
    if (points.length === 1) context.lineTo(...viewport.toScreen(points[0][0] + 0.01, points[0][1]));
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = size * viewport.scale;
    context.strokeStyle = accent;
    context.globalAlpha = 0.4;
    context.stroke();
    context.restore();
  }
}
