// A canvas that is drawn as sharply as the screen can.

/** A pen in pixels of the page for a canvas that is emptied, with its size; null where none of it is seen. */
export function penOf(canvas) {
  const { width, height } = canvas.getBoundingClientRect();
  if (!width) return null;
  const ratio = globalThis.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  return { pen, width, height, ratio };
}
