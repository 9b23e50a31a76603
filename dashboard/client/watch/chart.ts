/// <reference lib="dom" />
import { build, mark, say } from "../core/dom.ts";

/** A line of a chart: a value a second, oldest first; `undefined` where there is none. */
export interface Line {
  readonly name: string;
  /** A custom property of the style: `--chart-1`. */
  readonly colour: string;
  readonly values: readonly (number | undefined)[];
}

const HEIGHT_PX = 96;
const PAD_TOP_PX = 6;
const AXIS_PX = 46;

/** Lines over the last minutes, drawn anew with each second. The last values stand beside their names as text. */
export function createChart(title: string, print: (value: number) => string) {
  const canvas = mark(build("canvas", ""), { "aria-hidden": "true" });
  const legend = build("ul", "legend");
  const element = mark(build("section", "card chart", build("h2", "", title), legend, canvas), { "aria-label": title });
  const entries = new Map<string, { readonly entry: HTMLElement; readonly value: HTMLElement }>();

  function showLegend(lines: readonly Line[]): void {
    for (const { name, colour, values } of lines) {
      let known = entries.get(name);
      if (!known) {
        const swatch = build("span", "swatch");
        swatch.style.background = `var(${colour})`;
        const value = build("strong", "");
        known = { entry: build("li", "", swatch, `${name} `, value), value };
        entries.set(name, known);
        legend.append(known.entry);
      }
      const last = values.at(-1);
      say(known.value, last === undefined ? "–" : print(last));
    }
    for (const [name, { entry }] of entries) {
      if (lines.some((line) => line.name === name)) continue;
      entry.remove();
      entries.delete(name);
    }
  }

  return {
    element,
    draw(lines: readonly Line[]): void {
      showLegend(lines);
      const width = canvas.clientWidth;
      const context = canvas.getContext("2d");
      if (!context || width === 0) return;
      const scale = devicePixelRatio;
      canvas.width = width * scale;
      canvas.height = HEIGHT_PX * scale;
      context.scale(scale, scale);
      const style = getComputedStyle(canvas);
      const colourOf = (name: string) => style.getPropertyValue(name).trim();
      const top = roundUp(Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0))));
      const yOf = (value: number) => HEIGHT_PX - 2 - (value / top) * (HEIGHT_PX - 2 - PAD_TOP_PX);
      context.font = `11px ${style.fontFamily}`;
      context.textBaseline = "middle";
      context.textAlign = "right";
      for (const value of [0, top / 2, top]) {
        const y = Math.round(yOf(value)) + 0.5;
        context.strokeStyle = colourOf("--line");
        context.beginPath();
        context.moveTo(AXIS_PX, y);
        context.lineTo(width, y);
        context.stroke();
        context.fillStyle = colourOf("--soft");
        if (value > 0) context.fillText(print(value), AXIS_PX - 6, Math.max(8, y));
      }
      context.lineWidth = 1.6;
      context.lineJoin = "round";
      for (const { colour, values } of lines) {
        const step = (width - AXIS_PX - 2) / Math.max(1, values.length - 1);
        context.strokeStyle = colourOf(colour);
        context.beginPath();
        let isDown = false;
        values.forEach((value, i) => {
          if (value === undefined) return void (isDown = false);
          const x = AXIS_PX + i * step;
          if (isDown) context.lineTo(x, yOf(value));
          else context.moveTo(x, yOf(value));
          isDown = true;
        });
        context.stroke();
      }
    },
  };
}

/** The next of 1, 2, 5, 10, 20, … */
function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((digit) => digit * power).find((bound) => bound >= value) ?? value;
}
