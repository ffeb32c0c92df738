"use strict";
// What one sees of a network that classifies pictures, and where pictures come from: for the page that computes by itself, and for
// the server's.

/** The mean of the response maps of a label's filters, for each label. */
const means = (maps, heads, places) => heads === 1 ? maps : Float32Array.from({ length: maps.length / heads }, (_, i) => {
  let sum = 0;
  for (let head = 0; head < heads; head++) {
    sum += maps[(Math.floor(i / places) * heads + head) * places + (i % places)];
  }
  return sum / heads;
});

/** The bytes that a text in base64 stands for. */
const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

const element = (id) => document.getElementById(id);

const make = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

/**
 * Shows pictures with their scores and response maps in the page's elements.
 * @param settings classes, size of a picture, height and width of a response map (0: there are none), single, colours, threshold of
 *   the highest probability (0 or missing: every picture gets a label)
 * @param classify makes the result of a Blob: pixels, scores, probabilities and a map a label
 * @param begin called before a picture is opened
 */
const view = (settings, classify, begin) => {
  const { classes, size, height, width, single } = settings;
  const colours = bytes(settings.colours); // 256 steps of red, green, blue

  // ---- What one sees.

  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  const signed = (number) => number.toFixed(2).replace("-", "−");
  const argmax = (values) => values.indexOf(Math.max(...values));
  const picture = element("picture");
  let shown = null;
  let shownName = "";
  let label = 0;
  let follows = true; // the likeliest label, until another is chosen

  function image(columns, rows, colour) {
    const canvas = make("canvas", { width: columns, height: rows });
    const data = new ImageData(columns, rows);
    for (let i = 0; i < columns * rows; i++) {
      data.data.set([...colour(i), 255], 4 * i);
    }
    canvas.getContext("2d").putImageData(data, 0, 0);
    return canvas;
  }

  const step = (share) => 3 * Math.max(0, Math.min(255, Math.round(255 * share)));
  const colour = (share) => colours.subarray(step(share), step(share) + 3);

  function draw() {
    const strength = height > 0 ? element("strength").value / 100 : 0;
    const context = picture.getContext("2d");
    context.globalAlpha = 1;
    context.imageSmoothingEnabled = size >= 128;
    context.filter = `grayscale(${strength > 0 ? 1 : 0})`;
    context.drawImage(image(size, size, (i) => shown.pixels.subarray(3 * i, 3 * i + 3)), 0, 0, picture.width, picture.height);
    context.filter = "none";
    if (height > 0) {
      drawMap(context, strength);
    } else {
      picture.setAttribute("aria-label", shownName);
    }
  }

  function drawMap(context, strength) {
    const maps = shown.maps;
    const low = maps.reduce((least, value) => Math.min(least, value), Infinity);
    const high = maps.reduce((most, value) => Math.max(most, value), -Infinity);
    const from = single ? 0 : label * height * width;
    context.imageSmoothingEnabled = true;
    context.globalAlpha = strength;
    context.drawImage(image(width, height, (i) => colour((maps[from + i] - low) / (high - low || 1))), 0, 0,
      picture.width, picture.height);
    picture.setAttribute("aria-label", `${shownName}, with ${single ? "its response map" : `the response map of ${classes[label]}`}`);
    element("low").textContent = signed(low);
    element("high").textContent = signed(high);
  }

  const rows = classes.map((name, i) => {
    const input = make("input", { type: "radio", name: "label", value: i });
    input.addEventListener("change", () => {
      label = i;
      follows = false;
      draw();
    });
    const bar = make("span", { className: "bar" });
    const share = make("span");
    return { input, bar, share, row: make("label", { className: "score" }, input, make("span", { textContent: name }), make("span", {}, bar), share) };
  });

  /** @param ordered true: the likeliest label comes first; false: the rows stay where they are, as they must under a moving picture */
  function show(result, name, ordered) {
    shown = result;
    shownName = name;
    const best = argmax(result.scores);
    label = follows ? best : label;
    rows.forEach(({ input, bar, share }, i) => {
      input.checked = i === label;
      bar.style.width = `${100 * result.probabilities[i]}%`;
      share.textContent = percent(result.probabilities[i]);
    });
    if (ordered) {
      const ranking = classes.map((_, i) => i).sort((one, other) => result.scores[other] - result.scores[one]);
      element("scores").replaceChildren(...ranking.map((i) => rows[i].row));
    }
    draw();
  }

  let saidAt = -Infinity;
  function say(pause) {
    if (shown && performance.now() - saidAt >= pause) {
      saidAt = performance.now();
      const best = argmax(shown.scores);
      const unknown = shown.probabilities[best] < settings.threshold ? "none of these; the likeliest is " : "";
      element("said").textContent =
        `${shownName}: ${unknown}${classes[best]}, ${percent(shown.probabilities[best])}, score ${signed(shown.scores[best])}.`;
    }
  }

  let asked = 0;
  async function open(blob, name) {
    const mine = ++asked;
    begin();
    try {
      const result = await classify(blob);
      if (mine === asked) {
        element("problem").hidden = true;
        follows = true;
        show(result, name, true);
        say(0);
      }
    } catch (failure) {
      complain(failure.told ?? `${name} cannot be read as a picture (${failure.message}); give a PNG, JPEG or WebP file.`);
    }
  }

  function complain(text) {
    element("problem").textContent = text;
    element("problem").hidden = false;
  }

  // ---- Where pictures come from.

  element("file").addEventListener("change", ({ target }) => {
    if (target.files.length > 0) {
      open(target.files[0], target.files[0].name);
      target.value = ""; // the same file can be opened again
    }
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("drop");
  });
  document.addEventListener("dragleave", () => document.body.classList.remove("drop"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("drop");
    const file = event.dataTransfer.files[0];
    if (file) {
      open(file, file.name);
    } else {
      complain("What was dropped is no file; drop a picture's file.");
    }
  });
  document.addEventListener("paste", (event) => {
    const file = event.clipboardData.files[0];
    if (file) {
      open(file, file.name || "the pasted picture");
    }
  });

  element("strength").addEventListener("input", () => shown && draw());
  if (single) {
    element("choose").textContent = "Labels, by their probability";
  }
  const ramp = element("bar").getContext("2d");
  ramp.drawImage(image(256, 1, (i) => colour(i / 255)), 0, 0);

  return {
    show, say, open, complain,
    ask: () => ++asked,
    isLatest: (mine) => mine === asked,
    follow: () => { follows = true; },
    unordered: () => element("scores").replaceChildren(...rows.map(({ row }) => row)),
  };
};
