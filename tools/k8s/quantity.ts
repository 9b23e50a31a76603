const FACTORS: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4, Pi: 1024 ** 5, Ei: 1024 ** 6 },
};
const MEBI = 1024 ** 2;

/** A quantity as Kubernetes writes it (`100m`, `128Mi`, `1e3`) as a number; `undefined` for what is none. */
export function parseQuantity(text: string | undefined): number | undefined {
  const [, number, suffix = ""] = /^([+-]?\d*\.?\d+(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(text ?? "") ?? [];
  const factor = FACTORS[suffix];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}

/** Cores in thousandths, whole. */
export function toMillicores(cores: number): number {
  return Math.round(cores * 1000);
}

/** Bytes in mebibytes, whole. */
export function toMebibytes(bytes: number): number {
  return Math.round(bytes / MEBI);
}
