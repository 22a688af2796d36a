// A matte: one byte a pixel, 0 ground to 255 product, and everything that can be done with it.
// Each change gives the box [x, y, width, height] that it touched.

export const whole = (matte) => [0, 0, matte.width, matte.height];

export function clip(matte, x0, y0, x1, y1) {
  const left = Math.max(0, Math.floor(x0));
  const top = Math.max(0, Math.floor(y0));
  const width = Math.min(matte.width, Math.ceil(x1)) - left;
  const height = Math.min(matte.height, Math.ceil(y1)) - top;
  return width > 0 && height > 0 ? [left, top, width, height] : null;
}

// A stroke from one point to another: every pixel by its distance from the line, its rim soft.
export function stroke(matte, from, to, radius, adds) {
  const box = clip(
    matte,
    Math.min(from.x, to.x) - radius - 1, Math.min(from.y, to.y) - radius - 1,
    Math.max(from.x, to.x) + radius + 1, Math.max(from.y, to.y) + radius + 1,
  );
  if (!box) return null;
  const [left, top, width, height] = box;
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = dx * dx + dy * dy || 1;
  for (let y = top; y < top + height; y++) {
    for (let x = left; x < left + width; x++) {
      const px = x + 0.5 - from.x;
      const py = y + 0.5 - from.y;
      const share = Math.min(1, Math.max(0, (px * dx + py * dy) / length));
      const far = Math.hypot(px - share * dx, py - share * dy);
      const level = Math.round(255 * Math.min(1, Math.max(0, radius + 0.5 - far)));
      const at = y * matte.width + x;
      if (adds) matte.data[at] = Math.max(matte.data[at], level);
      else matte.data[at] = Math.min(matte.data[at], 255 - level);
    }
  }
  return box;
}

export function rectangle(matte, x, y, width, height, adds) {
  const box = clip(matte, x, y, x + width, y + height);
  if (!box) return null;
  for (let row = box[1]; row < box[1] + box[3]; row++)
    matte.data.fill(adds ? 255 : 0, row * matte.width + box[0], row * matte.width + box[0] + box[2]);
  return box;
}

export function fill(matte, level) {
  matte.data.fill(level);
  return whole(matte);
}

export function invert(matte) {
  for (let at = 0; at < matte.data.length; at++) matte.data[at] = 255 - matte.data[at];
  return whole(matte);
}

// Connected parts of the product (eight neighbours), by runs of each row and union-find.
export function parts(matte) {
  const { width, height, data } = matte;
  const runs = [];
  const parent = [];
  const find = (one) => {
    let at = one;
    while (parent[at] !== at) at = parent[at] = parent[parent[at]];
    return at;
  };
  let before = [0, 0];
  for (let y = 0; y < height; y++) {
    const first = runs.length;
    for (let x = 0, row = y * width; x < width; x++) {
      if (data[row + x] < 128) continue;
      const start = x;
      while (x < width && data[row + x] >= 128) x++;
      parent.push(runs.length);
      runs.push({ y, start, end: x });
    }
    for (let one = first, other = before[0]; one < runs.length && other < before[1]; ) {
      if (runs[one].start <= runs[other].end && runs[other].start <= runs[one].end)
        parent[find(one)] = find(other);
      if (runs[one].end < runs[other].end) one++;
      else other++;
    }
    before = [first, runs.length];
  }
  const found = new Map();
  runs.forEach((run, index) => {
    const name = find(index);
    const part = found.get(name) ?? { area: 0, left: width, top: run.y, right: 0, bottom: 0, runs: [] };
    part.area += run.end - run.start;
    part.left = Math.min(part.left, run.start);
    part.right = Math.max(part.right, run.end);
    part.bottom = run.y + 1;
    part.runs.push(run);
    found.set(name, part);
  });
  return [...found.values()].sort((one, other) => other.area - one.area);
}

// Keep these parts with their soft rims, and nothing else.
export function keep(matte, kept) {
  const { width, height, data } = matte;
  const near = new Uint8Array(width * height);
  for (const part of kept)
    for (const { y, start, end } of part.runs)
      for (let row = Math.max(0, y - 3); row <= Math.min(height - 1, y + 3); row++)
        near.fill(1, row * width + Math.max(0, start - 3), row * width + Math.min(width, end + 3));
  const own = new Uint8Array(width * height);
  for (const part of kept)
    for (const { y, start, end } of part.runs) own.fill(1, y * width + start, y * width + end);
  for (let at = 0; at < data.length; at++)
    if (!near[at] || (data[at] >= 128 && !own[at])) data[at] = 0;
  return whole(matte);
}

// Squared distance of each value's place to the nearest 0, along one line
// (Felzenszwalb and Huttenlocher 2012).
function line(values, size, out, hull, bounds) {
  const meet = (v, q) => (values[q] + q * q - values[v] - v * v) / (2 * q - 2 * v);
  let last = 0;
  hull[0] = 0;
  bounds[0] = -Infinity;
  bounds[1] = Infinity;
  for (let q = 1; q < size; q++) {
    let cut = meet(hull[last], q);
    while (cut <= bounds[last]) cut = meet(hull[--last], q);
    last++;
    hull[last] = q;
    bounds[last] = cut;
    bounds[last + 1] = Infinity;
  }
  for (let q = 0, at = 0; q < size; q++) {
    while (bounds[at + 1] < q) at++;
    out[q] = (q - hull[at]) ** 2 + values[hull[at]];
  }
}

// Distance in pixels of each pixel to the nearest one that is inside (or outside) the product.
function distances(matte, inside) {
  const { width, height, data } = matte;
  const far = 1e10;
  const size = Math.max(width, height);
  const [values, out, bounds] = [size, size, size + 1].map((count) => new Float64Array(count));
  const hull = new Int32Array(size);
  const found = new Float32Array(width * height);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++)
      values[y] = (data[y * width + x] >= 128) === inside ? 0 : far;
    line(values, height, out, hull, bounds);
    for (let y = 0; y < height; y++) found[y * width + x] = Math.min(out[y], far);
  }
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++) values[x] = found[row + x];
    line(values, width, out, hull, bounds);
    for (let x = 0; x < width; x++) found[row + x] = Math.sqrt(Math.min(out[x], far));
  }
  return found;
}

// Change the part around the product alone, `margin` pixels wider, as a matte of its own.
function around(matte, margin, act) {
  const { width, data } = matte;
  let [left, top, right, bottom] = [width, matte.height, 0, 0];
  for (let y = 0, at = 0; y < matte.height; y++)
    for (let x = 0; x < width; x++, at++) {
      if (!data[at]) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = y + 1;
    }
  const box = clip(matte, left - margin, top - margin, right + margin, bottom + margin);
  if (!right || !box) return whole(matte);
  const part = { width: box[2], height: box[3], data: new Uint8Array(box[2] * box[3]) };
  const row = (y) => (box[1] + y) * width + box[0];
  for (let y = 0; y < box[3]; y++) part.data.set(data.subarray(row(y), row(y) + box[2]), y * box[2]);
  act(part);
  for (let y = 0; y < box[3]; y++)
    data.set(part.data.subarray(y * box[2], (y + 1) * box[2]), row(y));
  return box;
}

// Move the rim outward by so many pixels, inward by negative ones; it stays one pixel soft.
export function grow(matte, pixels) {
  return around(matte, Math.abs(pixels) + 2, (part) => move(part, pixels));
}

function move(matte, pixels) {
  const away = distances(matte, pixels > 0);
  for (let at = 0; at < away.length; at++) {
    const level = Math.round(255 * Math.min(1, Math.max(0, Math.abs(pixels) + 1 - away[at])));
    if (pixels > 0) matte.data[at] = Math.max(matte.data[at], level);
    else matte.data[at] = Math.min(matte.data[at], 255 - level);
  }
}

// Blur the rim: three box blurs come close to a Gaussian whose sigma is half of `pixels`.
export function feather(matte, pixels) {
  return around(matte, 2 * pixels + 4, (part) => soften(part, pixels));
}

function soften(matte, pixels) {
  const radius = Math.max(1, Math.round(pixels / 2));
  let [values, other] = [Float32Array.from(matte.data), new Float32Array(matte.data.length)];
  for (let turn = 0; turn < 3; turn++) {
    blur(values, other, matte.height, matte.width, matte.width, 1, radius);
    blur(other, values, matte.width, matte.height, 1, matte.width, radius);
  }
  for (let at = 0; at < values.length; at++) matte.data[at] = Math.round(values[at]);
}

function blur(from, to, lines, length, across, along, radius) {
  const share = 1 / (2 * radius + 1);
  for (let number = 0; number < lines; number++) {
    const start = number * across;
    const at = (place) => from[start + Math.min(length - 1, Math.max(0, place)) * along];
    let sum = 0;
    for (let place = -radius; place <= radius; place++) sum += at(place);
    for (let place = 0; place < length; place++) {
      to[start + place * along] = sum * share;
      sum += at(place + radius + 1) - at(place - radius);
    }
  }
}
