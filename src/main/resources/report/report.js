"use strict";
// All of the page can be read without this: it only lets the reader point at things.
(() => {
  const make = (name, properties = {}, ...content) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...content);
    return element;
  };
  const clamp = (number, low, high) => Math.max(low, Math.min(high, number));

  // What scrolls can be scrolled by keys.
  const scrolling = new ResizeObserver((entries) => entries.forEach(({ target }) => {
    const scrolls = target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight;
    target.toggleAttribute("tabindex", scrolls);
    if (scrolls) target.tabIndex = 0;
  }));
  document.querySelectorAll(".wide, .tall").forEach((box) => scrolling.observe(box));

  // Charts: one epoch of all charts is read at a time. Places come from the lines, values from the table below them.
  const charts = [...document.querySelectorAll("figure.chart")].map((figure) => {
    const plot = figure.querySelector(".plot");
    const svg = plot.querySelector("svg");
    const rows = [...figure.querySelectorAll("tbody tr")].map((row) => [...row.cells].map((cell) => cell.textContent));
    const lines = [...svg.querySelectorAll("polyline.line")].map((line, curve) => {
      const points = [...line.points];
      let next = 0;
      return rows.map((row) => (row[curve + 1] === "–" ? null : points[next++]));
    });
    const places = rows.map((row, i) => lines.map((line) => line[i]).find((point) => point)?.x);
    const names = [...figure.querySelectorAll("thead th")].map((cell) => cell.textContent);
    const epoch = figure.querySelector("[data-epoch]");
    const first = rows.findIndex((row) => row[0] === epoch.textContent);
    return { figure, plot, svg, rows, lines, places, names, epoch, first, at: first };
  });

  const svgElement = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([attribute, value]) => element.setAttribute(attribute, value));
    return element;
  };

  const show = (chart, at, marked) => {
    const { figure, svg, rows, lines, places, names } = chart;
    chart.at = at;
    chart.epoch.textContent = rows[at][0];
    figure.querySelectorAll("[data-curve]").forEach((value, curve) => (value.textContent = rows[at][curve + 1]));
    svg.querySelectorAll(".mark").forEach((mark) => mark.remove());
    if (marked) {
      const mark = svgElement("g", { class: "mark" });
      const frame = svg.querySelector(".frame").getBBox();
      const x = places[at];
      mark.append(svgElement("line", { class: "cursor", x1: x, x2: x, y1: frame.y, y2: frame.y + frame.height }));
      lines.forEach((line, curve) => {
        if (line[at]) {
          mark.append(svgElement("circle", { class: `dot fill s${curve % 8}`, cx: line[at].x, cy: line[at].y, r: 4 }));
        }
      });
      svg.append(mark);
    }
    const said = lines.map((line, curve) => `${names[curve + 1]} ${rows[at][curve + 1]}`).join(", ");
    chart.plot.setAttribute("aria-valuenow", rows[at][0]);
    chart.plot.setAttribute("aria-valuetext", `epoch ${rows[at][0]}: ${said}`);
  };

  const showAll = (chart, at, marked) => {
    const number = chart.rows[at][0];
    charts.forEach((other) => {
      const same = other.rows.findIndex((row) => row[0] === number);
      if (same >= 0) show(other, same, marked);
    });
  };

  charts.forEach((chart) => {
    const { figure, plot, svg, rows, places } = chart;
    Object.entries({
      tabindex: 0,
      role: "slider",
      "aria-label": `${figure.querySelector("h3").textContent}, by epoch`,
      "aria-valuemin": rows[0][0],
      "aria-valuemax": rows[rows.length - 1][0],
    }).forEach(([attribute, value]) => plot.setAttribute(attribute, value));
    show(chart, chart.first, false);
    const point = (event) => {
      const x = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse()).x;
      let nearest = 0;
      places.forEach((place, i) => {
        if (Math.abs(place - x) < Math.abs(places[nearest] - x)) nearest = i;
      });
      showAll(chart, nearest, true);
    };
    const leave = () => showAll(chart, chart.first, false);
    plot.addEventListener("pointermove", point);
    plot.addEventListener("pointerdown", point);
    plot.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && leave());
    plot.addEventListener("focus", () => plot.matches(":focus-visible") && showAll(chart, chart.at, true));
    plot.addEventListener("blur", leave);
    plot.addEventListener("keydown", (event) => {
      const last = rows.length - 1;
      const to = {
        ArrowLeft: chart.at - 1, ArrowDown: chart.at - 1, ArrowRight: chart.at + 1, ArrowUp: chart.at + 1,
        PageDown: chart.at - 10, PageUp: chart.at + 10, Home: 0, End: last,
      }[event.key];
      if (to !== undefined) {
        event.preventDefault();
        showAll(chart, clamp(to, 0, last), true);
      }
    });
  });

  // Matrices of many labels: the cell under the pointer, or moved by the arrow keys, is read out of the table.
  document.querySelectorAll(".matrix").forEach((matrix) => {
    const table = matrix.closest("figure").querySelector("table");
    if (!table) return;
    const rows = [...table.tBodies[0].rows];
    const size = rows.length;
    const mark = make("span", { className: "cell", hidden: true });
    const reading = make("output", { className: "reading" });
    const image = matrix.querySelector("img");
    let at = [0, 0];
    const read = (row, column) => {
      at = [clamp(row, 0, size - 1), clamp(column, 0, size - 1)];
      const cells = rows[at[0]].cells;
      const name = rows[at[1]].cells[0].textContent;
      reading.textContent = `${cells[0].textContent} (row), ${name} (column): ${cells[at[1] + 1].textContent}`;
      const share = 100 / size;
      mark.hidden = false;
      mark.style.cssText = `left:${at[1] * share}%;top:${at[0] * share}%;width:${share}%;height:${share}%`;
    };
    matrix.append(mark);
    matrix.after(reading);
    matrix.tabIndex = 0;
    matrix.setAttribute("role", "application");
    matrix.setAttribute("aria-label", `${image.alt} The arrow keys move from cell to cell.`);
    const point = (event) => {
      const box = image.getBoundingClientRect();
      read(Math.floor(((event.clientY - box.top) / box.height) * size),
        Math.floor(((event.clientX - box.left) / box.width) * size));
    };
    matrix.addEventListener("pointermove", point);
    matrix.addEventListener("pointerdown", point);
    matrix.addEventListener("keydown", (event) => {
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (step) {
        event.preventDefault();
        read(at[0] + (mark.hidden ? 0 : step[0]), at[1] + (mark.hidden ? 0 : step[1]));
      }
    });
  });

  // Many pictures: those of some labels are chosen by lists of the labels that occur.
  document.querySelectorAll("[data-filters]").forEach((grid) => {
    const tiles = [...grid.children];
    const shown = make("output", { textContent: `${tiles.length} images` });
    const lists = grid.dataset.filters.split("|").map((name, i) => {
      const values = [...new Set(tiles.map((tile) => tile.dataset[`f${i}`]))].sort();
      const list = make("select", {}, new Option("all", ""), ...values.map((value) => new Option(value, value)));
      return { name, list };
    });
    const show = () => {
      tiles.forEach((tile) => {
        tile.hidden = lists.some(({ list }, i) => list.selectedIndex > 0 && tile.dataset[`f${i}`] !== list.value);
      });
      shown.textContent = `${tiles.filter((tile) => !tile.hidden).length} of ${tiles.length} images`;
    };
    lists.forEach(({ list }) => list.addEventListener("change", show));
    grid.before(make("div", { className: "filters" },
      ...lists.map(({ name, list }) => make("label", {}, `${name} `, list)), shown));
    grid.previousSibling.setAttribute("role", "group");
    grid.previousSibling.setAttribute("aria-label", "Show images of");
  });

  // The response map of any class over any of the images.
  const explorer = document.getElementById("explorer");
  const data = JSON.parse(document.getElementById("data").textContent);
  if (explorer && data.images?.length > 0) explore();

  function explore() {
    const bytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const colours = bytes(data.colours);
    const single = bytes(data.images[0].maps).length === data.images[0].height * data.images[0].width;
    const percent = (share) => `${(100 * share).toFixed(1)} %`;
    const signed = (number) => number.toFixed(2).replace("-", "−");
    const photo = (image) => document.getElementById(`image-${image.index}`);
    let image = data.images[0];
    let label = 0;

    const canvas = make("canvas", { width: 384, height: 384 });
    canvas.setAttribute("role", "img");
    const said = make("p", { className: "note" });
    const strength = make("input", { type: "range", min: 0, max: 100, value: 60 });
    const scores = make("div", { className: "scores" });
    const picks = make("div", { className: "picks" });
    const low = make("span");
    const high = make("span");
    const bar = document.querySelector("#maps .scale img").cloneNode();

    const argmax = (values) => values.indexOf(Math.max(...values));

    function map() {
      const { height, width } = image;
      const steps = bytes(image.maps).subarray(single ? 0 : label * height * width);
      const small = make("canvas", { width, height });
      const pixels = new ImageData(width, height);
      for (let i = 0; i < height * width; i++) {
        pixels.data.set([...colours.subarray(3 * steps[i], 3 * steps[i] + 3), 255], 4 * i);
      }
      small.getContext("2d").putImageData(pixels, 0, 0);
      return small;
    }

    function draw() {
      const context = canvas.getContext("2d");
      context.imageSmoothingEnabled = false;
      context.globalAlpha = 1;
      context.filter = `grayscale(${strength.value > 0 ? 1 : 0})`;
      context.drawImage(photo(image), 0, 0, canvas.width, canvas.height);
      context.filter = "none";
      context.imageSmoothingEnabled = true;
      context.globalAlpha = strength.value / 100;
      context.drawImage(map(), 0, 0, canvas.width, canvas.height);
      const predicted = data.classes[argmax(image.scores)];
      const text = `Test image ${image.index}, ${data.classes[image.label]}, predicted ${predicted}: `
        + (single ? "its response map" : `response map of ${data.classes[label]}`)
        + `, score ${signed(image.scores[label])}`;
      canvas.setAttribute("aria-label", text);
      said.textContent = text + ".";
      low.textContent = signed(image.low);
      high.textContent = signed(image.high);
    }

    function listScores() {
      const most = Math.max(...image.scores);
      const shares = image.scores.map((score) => Math.exp((score - most) / data.temperature));
      const sum = shares.reduce((all, share) => all + share, 0);
      const ranking = image.scores.map((_, i) => i).sort((one, other) => image.scores[other] - image.scores[one]);
      scores.replaceChildren(...ranking.map((i) => {
        const input = make("input", { type: "radio", name: "class", value: i, checked: i === label });
        input.addEventListener("change", () => {
          label = i;
          draw();
        });
        const share = shares[i] / sum;
        const width = make("span", { className: "bar" });
        width.style.width = `${100 * share}%`;
        const name = data.classes[i] + (i === image.label ? " (true)" : "");
        return make("label", { className: "score" }, input, make("span", { textContent: name }),
          make("span", {}, width), make("span", { textContent: percent(share) }));
      }));
    }

    function choose(chosen) {
      image = chosen;
      label = argmax(image.scores);
      listScores();
      draw();
    }

    picks.append(...data.images.map((one, i) => {
      const input = make("input", { type: "radio", name: "image", value: i, checked: i === 0 });
      input.addEventListener("change", () => choose(one));
      const predicted = data.classes[argmax(one.scores)];
      const right = predicted === data.classes[one.label];
      const copy = photo(one).cloneNode();
      copy.removeAttribute("id");
      copy.alt = `${data.classes[one.label]}, ${right ? "right" : `taken for ${predicted}`}, test image ${one.index}`;
      return make("label", { className: right ? "pick" : "pick no", title: copy.alt }, input, copy);
    }));
    strength.addEventListener("input", draw);
    const chooser = make("fieldset", { className: "images" },
      make("legend", { textContent: "Choose an image (× taken for another class)" }));
    if (data.images.length > 30) {
      const only = make("select", {}, new Option("all classes", ""));
      data.classes.forEach((name, i) => only.add(new Option(name, i)));
      only.addEventListener("change", () => [...picks.children].forEach((pick, i) => {
        pick.hidden = only.value !== "" && data.images[i].label !== Number(only.value);
      }));
      chooser.append(make("label", { className: "note" }, "of ", only));
    }
    chooser.append(picks);

    explorer.append(
      chooser,
      make("div", {}, canvas, make("div", { className: "scale" }, low, bar, high),
        make("label", { className: "strength" }, "Response map over the image", strength)),
      make("fieldset", {}, make("legend", { textContent: single ? "Classes, by their probability" : "and a class, by its probability" }), scores, said));
    explorer.hidden = false;
    choose(image);
    window.addEventListener("load", draw); // when the pictures are there
  }
})();
