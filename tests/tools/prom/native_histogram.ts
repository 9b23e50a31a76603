/**
 * A scrape target with one native histogram, `test_native`: observations 0 (once), in (1, 2] (twice) and in (2, 4] (three
 * times). Only Prometheus' protobuf format can carry one, and it is small enough to be written by hand:
 * https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto
 */
export function serveNativeHistogram(): { readonly address: string } & AsyncDisposable {
  const family = nativeHistogram();
  const body = new Uint8Array([...varint(family.length), ...family]);
  const contentType = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(body, { headers: { "content-type": contentType } }),
  );
  return { address: `127.0.0.1:${server.addr.port}`, [Symbol.asyncDispose]: () => server.shutdown() };
}

function nativeHistogram(): number[] {
  const histogram = [
    ...integer(1, 6), // sample_count
    ...double(2, 13.5), // sample_sum
    ...integer(5, zigzag(0)), // schema: each bucket twice as wide as the one before
    ...double(6, 0.001), // zero_threshold
    ...integer(7, 1), // zero_count
    ...bytes(12, [...integer(1, zigzag(1)), ...integer(2, 2)]), // positive_span: two buckets from index 1
    ...integer(13, zigzag(2)), // positive_delta: 2 observations,
    ...integer(13, zigzag(1)), // and one more than that
  ];
  return [...text(1, "test_native"), ...integer(3, 4 /* HISTOGRAM */), ...bytes(4, bytes(7, histogram))];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [value % 128 + 128, ...varint(Math.floor(value / 128))];
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function integer(field: number, value: number): number[] {
  return [...varint(field * 8), ...varint(value)];
}

function double(field: number, value: number): number[] {
  return [...varint(field * 8 + 1), ...new Uint8Array(new Float64Array([value]).buffer)];
}

function bytes(field: number, value: readonly number[]): number[] {
  return [...varint(field * 8 + 2), ...varint(value.length), ...value];
}

function text(field: number, value: string): number[] {
  return bytes(field, [...new TextEncoder().encode(value)]);
}
