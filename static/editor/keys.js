// Every key of the editor, in the order in which the help shows them. commands.js does what they say.

export const KEYS = [
  ["Tools"],
  ["B", "tool:restore", "Restore: bring the photo back"],
  ["E", "tool:erase", "Erase"],
  ["S", "tool:smart", "Smart brush: keeps to the edge under it"],
  ["A", "tool:select", "Select: click something, or drag a box around it"],
  ["L", "tool:lasso", "Lasso: draw around something"],
  ["P", "tool:polygon", "Polygon: click its corners, Enter closes it"],
  ["H", "tool:hand", "Hand; or hold Space"],
  ["X", "swap", "Restore ↔ erase; Alt while drawing does it for one stroke"],
  ["K", "pointer", "A pointer for the arrow keys: Space puts the brush down and lifts it"],
  ["Brush"],
  ["[", "smaller", "Smaller"],
  ["]", "larger", "Larger"],
  ["Shift [", "softer", "Softer"],
  ["Shift ]", "harder", "Harder"],
  [",", "weaker", "Weaker"],
  [".", "stronger", "Stronger"],
  ["Shift click", "", "A straight line from the last place"],
  ["Selection"],
  ["Enter", "", "Restore what is selected"],
  ["Delete", "", "Erase what is selected"],
  ["Alt click", "", "This does not belong to it; the right button too"],
  ["Shift Space", "", "With the pointer of K: begins a box, Space ends it"],
  ["Whole mask"],
  ["F", "fill", "Fill holes"],
  ["I", "invert", "Invert"],
  ["G", "grow", "Grow by the number of px"],
  ["Shift G", "shrink", "Shrink by the number of px"],
  ["M", "smooth", "Smooth the outline"],
  ["Steps"],
  ["Z", "undo", "Undo; Ctrl Z too"],
  ["Shift Z", "redo", "Redo; Ctrl Y too"],
  ["R", "reset", "Back to the opened revision"],
  ["Y", "history", "Saved revisions"],
  ["Ctrl S", "save", "Save"],
  ["Esc", "escape", "Out of a stroke, a lasso, this help"],
  ["Looking"],
  ["0", "fit", "Fit the window"],
  ["1", "actual", "Actual pixels"],
  ["+", "zoom-in", "Closer; or turn the wheel"],
  ["−", "zoom-out", "Further away"],
  ["Arrows", "", "Move the picture, or the pointer of K; with Shift further"],
  ["V", "view", "Next view: cutout, mask, overlay, original"],
  ["D", "backdrop", "Next backdrop"],
  ["Q", "loupe", "Loupe"],
  ["?", "help", "This help"],
];

const CONTROLLED = { z: "undo", y: "redo", s: "save", "0": "fit", "1": "actual", "+": "zoom-in", "=": "zoom-in", "-": "zoom-out" };
const SHIFTED = { "{": "softer", "}": "harder", z: "redo", g: "shrink", "[": "softer", "]": "harder" };
const PLAIN = Object.fromEntries(
  KEYS.filter(([keys, command]) => command && keys.length === 1).map(([key, command]) => [key.toLowerCase(), command]),
);
Object.assign(PLAIN, { "=": "zoom-in", "-": "zoom-out", escape: "escape", enter: "finish", delete: "remove", backspace: "remove" });

/** The command that a key press means, or undefined. */
export function commandOf(event) {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) return event.shiftKey && key === "z" ? "redo" : CONTROLLED[key];
  if (event.altKey) return undefined;
  return (event.shiftKey && SHIFTED[key]) || PLAIN[key];
}
