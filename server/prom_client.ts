// prom-client's single files, typed by its own types. Its entry loads the HTTP client of a push gateway and a cluster of
// processes as well: most of what it takes to load, and used by nothing here.

// @ts-types="./prom_client/counter.d.ts"
export { default as Counter } from "prom-client/lib/counter.js";
// @ts-types="./prom_client/gauge.d.ts"
export { default as Gauge } from "prom-client/lib/gauge.js";
// @ts-types="./prom_client/histogram.d.ts"
export { default as Histogram } from "prom-client/lib/histogram.js";
// @ts-types="./prom_client/registry.d.ts"
export { default as Registry } from "prom-client/lib/registry.js";
