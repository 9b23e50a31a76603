/** A port: each method gives a promise, each other member is a value, or a port in turn. */
type Port<T> = {
  readonly [Name in keyof T]: T[Name] extends (...args: never) => infer Result
    ? Result extends PromiseLike<unknown> ? T[Name] : never
    : T[Name] extends object ? Port<T[Name]>
    : T[Name];
};

/** Times one call of a method: `get`, or `objects.list` for a port within the port. */
export type Within = (name: string, work: () => Promise<unknown>) => Promise<unknown>;

/**
 * A port whose every method is timed, whatever methods it comes to have. Methods, and getters too, are asked of the port
 * itself, whose private members nothing that stands before it may read. What is named by a symbol (disposal) is not timed.
 */
export function tracePort<T extends Port<T>>(port: T, within: Within, path = ""): T {
  const made = new Map<string, unknown>();
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof name === "symbol") return typeof value === "function" ? value.bind(target) : value;
      if (!made.has(name)) made.set(name, traced(target, value, within, path + name));
      // What is neither method nor port may be another at each look.
      return made.get(name) ?? value;
    },
  });
}

function traced(target: object, value: unknown, within: Within, name: string): unknown {
  // What a port has of objects are ports: Port says so, which Reflect cannot.
  if (typeof value === "object" && value !== null) return tracePort(value as Port<object>, within, `${name}.`);
  if (typeof value !== "function") return undefined;
  return (...args: unknown[]) => within(name, () => Reflect.apply(value, target, args));
}
