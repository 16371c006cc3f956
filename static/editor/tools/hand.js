// The hand moves the picture; pointer.js does the moving.

export class HandTool {
  isHand = true;
  begin() {}
  move() {}
  end() {}
  cancel() {}
  frame() {}
}
