// A page that runs an exported network: a picture in, every label's score and response map out. The network is the ONNX file of
// `export --format onnx --input uint8`; ONNX Runtime Web computes it on one thread.
(() => {
  const settings = JSON.parse(element("settings").textContent);
  const { size, height, width, heads } = settings;

  // ---- The picture, as `predict` reads and scales it.

  /** The pixels of a file, red, green, blue and alpha: turned as Exif says, and no colour profile is applied. */
  async function decode(blob) {
    const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
    try {
      return read(bitmap, bitmap.width, bitmap.height);
    } finally {
      bitmap.close();
    }
  }

  function read(source, columns, rows) {
    const canvas = make("canvas", { width: columns, height: rows });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(source, 0, 0);
    return context.getImageData(0, 0, columns, rows);
  }

  /**
   * The weights of an antialiased bilinear filter, for some of the places that it makes, as PyTorch's `interpolate` has them: a
   * triangle as wide as the scale, and at least two pixels.
   */
  function filter(from, to, first, count) {
    const scale = from / to;
    const support = Math.max(scale, 1);
    return Array.from({ length: count }, (_, place) => {
      const centre = scale * (first + place + 0.5);
      const begin = Math.max(Math.trunc(centre - support + 0.5), 0);
      const end = Math.min(Math.trunc(centre + support + 0.5), from);
      const weights = Array.from({ length: end - begin },
        (_, i) => Math.max(0, 1 - Math.abs((begin + i - centre + 0.5) / support)));
      const sum = weights.reduce((all, weight) => all + weight, 0);
      return { begin, weights: weights.map((weight) => weight / sum) };
    });
  }

  /** Halves to even, as Python rounds. */
  const rounded = (number) => {
    const whole = Math.round(number);
    return whole - number === 0.5 && whole % 2 !== 0 ? whole - 1 : whole;
  };

  /** The middle square of a picture whose shorter side becomes `size`: red, green and blue of each pixel, row by row. */
  function square({ data, width: columns, height: rows }) {
    const shorter = Math.min(columns, rows);
    const longer = Math.floor((size * Math.max(columns, rows)) / shorter);
    const [wide, high] = columns <= rows ? [size, longer] : [longer, size];
    const across = filter(columns, wide, rounded((wide - size) / 2), size);
    const down = filter(rows, high, rounded((high - size) / 2), size);
    const top = down[0].begin;
    const bottom = Math.max(...down.map(({ begin, weights }) => begin + weights.length));
    const lines = new Float32Array((bottom - top) * size * 3);
    for (let row = top; row < bottom; row++) {
      across.forEach(({ begin, weights }, x) => {
        for (let channel = 0; channel < 3; channel++) {
          let sum = 0;
          for (let i = 0, at = 4 * (row * columns + begin) + channel; i < weights.length; i++, at += 4) {
            sum += weights[i] * data[at];
          }
          lines[((row - top) * size + x) * 3 + channel] = sum;
        }
      });
    }
    const pixels = new Uint8Array(size * size * 3);
    down.forEach(({ begin, weights }, y) => {
      for (let at = 0; at < size * 3; at++) {
        let sum = 0;
        for (let i = 0; i < weights.length; i++) {
          sum += weights[i] * lines[(begin - top + i) * size * 3 + at];
        }
        pixels[y * size * 3 + at] = Math.min(255, Math.max(0, rounded(sum)));
      }
    });
    return pixels;
  }

  // ---- The network.

  /** The bytes of a part: of an element that has them, compressed, or of a file beside this page. */
  async function part(name, progress) {
    const inside = element(`part-${name}`);
    if (inside) {
      const text = inside.textContent;
      const packed = new Uint8Array(Math.floor((text.length * 3) / 4) - (text.match(/=*$/)[0].length));
      const step = 1 << 20; // of four characters each whole
      for (let at = 0; at < text.length; at += step) {
        packed.set(bytes(text.slice(at, at + step)), (at * 3) / 4);
        progress(Math.min(1, (at + step) / text.length));
        await new Promise((done) => { setTimeout(done); });
      }
      const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
      return new Uint8Array(await new Response(stream).arrayBuffer());
    }
    const response = await fetch(settings.parts[name].file);
    if (!response.ok) {
      throw new Error(`${settings.parts[name].file}: ${response.status} ${response.statusText}`);
    }
    const whole = new Uint8Array(settings.parts[name].bytes);
    let got = 0;
    for (const reader = response.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) {
        break;
      }
      whole.set(value, got);
      got += value.length;
      progress(got / whole.length);
    }
    return whole;
  }

  async function load() {
    const bar = element("state").querySelector("progress");
    const names = ["mjs", "model", "wasm"];
    const total = names.reduce((sum, name) => sum + settings.parts[name].bytes, 0);
    const loaded = {};
    let before = 0;
    for (const name of names) {
      const share = settings.parts[name].bytes / total;
      loaded[name] = await part(name, (done) => { bar.value = before + share * done; });
      before += share;
    }
    bar.removeAttribute("value");
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmBinary = loaded.wasm.buffer;
    ort.env.wasm.wasmPaths = { mjs: URL.createObjectURL(new Blob([loaded.mjs], { type: "text/javascript" })) };
    return ort.InferenceSession.create(loaded.model, { executionProviders: ["wasm"] });
  }

  const session = load();

  /** What the network makes of a square: scores, probabilities and response maps of all labels. */
  async function run(pixels) {
    const image = new ort.Tensor("uint8", pixels, [1, size, size, 3]);
    const made = await (await session).run({ image });
    return { pixels, scores: made.scores.data, probabilities: made.probabilities.data, maps: means(made.response_maps.data, heads, height * width) };
  }

  /** Classifies a picture's file, a Blob: for this page, its tests and whoever puts the page into another. */
  window.classify = async (blob) => run(square(await decode(blob)));

  // ---- What one sees, and the camera.

  const seen = view(settings, (blob) => window.classify(blob), stopCamera);

  const sampleBlob = (sample) => new Blob([bytes(sample.png)], { type: "image/png" });
  element("picks").append(...settings.samples.map((sample) => {
    const input = make("input", { type: "radio", name: "sample" });
    input.addEventListener("change", () => seen.open(sampleBlob(sample), sample.name));
    const copy = make("img", { src: `data:image/png;base64,${sample.png}`, alt: sample.name });
    return make("label", { className: "pick", title: sample.name }, input, copy);
  }));

  const video = element("video");
  const camera = element("camera");
  let stream = null;

  function stopCamera() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    camera.textContent = "Use the camera";
    camera.classList.remove("on");
  }

  async function live(mine) {
    while (stream && seen.isLatest(mine)) {
      if (video.videoWidth > 0) {
        const result = await run(square(read(video, video.videoWidth, video.videoHeight)));
        if (stream && seen.isLatest(mine)) {
          seen.show(result, "The camera's picture", false);
          seen.say(3000);
        }
      }
      await new Promise((done) => { requestAnimationFrame(done); });
    }
  }

  camera.addEventListener("click", async () => {
    if (stream) {
      stopCamera();
      seen.say(0); // what stays
      return;
    }
    try {
      if (!navigator.mediaDevices) {
        throw new Error("a browser gives it to https pages, local files and localhost alone");
      }
      const mine = seen.ask();
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      camera.textContent = "Stop the camera";
      camera.classList.add("on");
      element("problem").hidden = true;
      document.querySelectorAll("#picks input").forEach((input) => { input.checked = false; });
      seen.follow();
      video.srcObject = stream;
      await video.play();
      seen.unordered();
      live(mine).catch((failure) => seen.complain(`The camera's picture cannot be computed: ${failure.message}.`));
    } catch (failure) {
      stopCamera();
      seen.complain(`There is no camera's picture: ${failure.message}.`);
    }
  });

  session.then(() => {
    element("state").hidden = true;
    element("explorer").hidden = false;
    if (settings.samples.length > 0) {
      const first = element("picks").querySelector("input");
      first.checked = true;
      return seen.open(sampleBlob(settings.samples[0]), settings.samples[0].name);
    }
    return undefined;
  }).catch((failure) => {
    element("state").textContent = location.protocol === "file:" && !element("part-model")
      ? "A browser loads no network from beside a local file: serve this folder (python3 -m http.server), or make the page with --web FILE.html."
      : `The network cannot be loaded: ${failure.message}`;
  });
})();
