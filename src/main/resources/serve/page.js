// The page of the server: a picture goes to /classify, every label's score and response map come back.
(() => {
  const { colours } = JSON.parse(element("settings").textContent);
  let model = null;

  /** What the server answers, as JSON; its own words where it refuses. */
  async function ask(path, options) {
    const token = element("token").value.trim();
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    const response = await fetch(path, { ...options, headers });
    const answer = await response.json();
    if (!response.ok) {
      throw Object.assign(new Error(answer.error), { told: `${answer.error}.`, status: response.status });
    }
    return answer;
  }

  /** Classifies a picture, a Blob: for this page and its tests. */
  window.classify = async (blob) => {
    const hasMaps = model.map_height !== null;
    const answer = await ask(`classify?top=${model.labels.length}&maps=${hasMaps}`, { method: "POST", body: blob });
    const scores = new Float32Array(model.labels.length);
    const probabilities = new Float32Array(model.labels.length);
    answer.predictions.forEach(({ index, score, probability }) => {
      scores[index] = score;
      probabilities[index] = probability;
    });
    const { response_maps: maps } = answer;
    return {
      scores,
      probabilities,
      pixels: maps ? bytes(maps.pixels) : await square(blob),
      maps: maps && means(Float32Array.from(maps.values), maps.heads, maps.height * maps.width),
    };
  };

  /** The middle square of a picture, for a network whose file gives no maps: for the eye alone. */
  async function square(blob) {
    const bitmap = await createImageBitmap(blob);
    const side = Math.min(bitmap.width, bitmap.height);
    const size = model.image_size;
    const canvas = make("canvas", { width: size, height: size });
    const context = canvas.getContext("2d");
    context.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, size, size);
    return context.getImageData(0, 0, size, size).data.filter((_, i) => i % 4 < 3);
  }

  async function begin() {
    try {
      model = await ask("labels");
    } catch (failure) {
      element("ask").hidden = failure.status !== 401;
      element("state").textContent = failure.status === 401 ? "" : `The server does not answer: ${failure.message}`;
      return;
    }
    element("state").hidden = true;
    element("ask").hidden = true;
    element("mapped").hidden = model.map_height === null;
    element("lead").textContent += ` This one is ${model.model}, and knows ${model.labels.length} labels.`;
    view({
      classes: model.labels,
      size: model.image_size,
      height: model.map_height ?? 0,
      width: model.map_width ?? 0,
      single: model.single,
      threshold: model.threshold,
      colours,
    }, window.classify, () => {});
    element("explorer").hidden = false;
  }

  element("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    begin();
  });
  begin();
})();
