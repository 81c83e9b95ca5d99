// Where tags go: beside their face, on the picture, on no other face or tag; with its number alone
// where there is no room for more.

const GAP = 4;

/**
 * Place the tags of `faces` in `layer`; `scale` is screen pixels per pixel of the picture. The selected
 * face's tag is always whole, and on top.
 */
export function placeTags(layer, faces, scale, selected) {
  const bounds = { width: layer.clientWidth, height: layer.clientHeight };
  const boxes = faces.map((face) => onScreen(face.box, scale));
  const taken = [];
  const place = (index, whole) => {
    const others = boxes.filter((_, at) => at !== index);
    return placeTag(faces[index].tag, boxes[index], bounds, [...others, ...taken], whole);
  };
  faces.forEach((_, index) => taken.push(place(index, false)));
  if (selected !== null && taken[selected].short) place(selected, true);
}

function placeTag(tag, box, bounds, avoid, whole) {
  const full = spots(tag, false, box, bounds);
  let spot = full.find((one) => avoid.every((other) => !overlap(one, other)));
  spot ??= least(whole ? full : spots(tag, true, box, bounds), avoid);
  tag.classList.toggle("short", spot.short);
  tag.style.left = `${spot.left}px`;
  tag.style.top = `${spot.top}px`;
  return spot;
}

/** Above the face, below it, at its sides, in its corners; inside the picture, those that cover least of it first. */
function spots(tag, short, box, bounds) {
  tag.classList.toggle("short", short);
  const { offsetWidth: width, offsetHeight: height } = tag;
  const wished = [
    [box.left, box.top - height - GAP],
    [box.left, box.bottom + GAP],
    [box.right - width, box.top - height - GAP],
    [box.right - width, box.bottom + GAP],
    [box.right + GAP, box.top],
    [box.left - width - GAP, box.top],
  ];
  if (short) wished.push([box.left, box.top], [box.left, box.bottom - height]);
  const kept = wished.map(([left, top]) => {
    const x = Math.max(0, Math.min(left, bounds.width - width));
    const y = Math.max(0, Math.min(top, bounds.height - height));
    return { left: x, top: y, right: x + width, bottom: y + height, short };
  });
  return kept.sort((a, b) => overlap(a, box) - overlap(b, box));
}

const least = (found, avoid) =>
  found.reduce((best, spot) => (covered(spot, avoid) < covered(best, avoid) ? spot : best));

const covered = (spot, avoid) => avoid.reduce((sum, other) => sum + overlap(spot, other), 0);

function overlap(a, b) {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

const onScreen = (box, scale) => ({
  left: box.x_min * scale,
  top: box.y_min * scale,
  right: box.x_max * scale,
  bottom: box.y_max * scale,
});
