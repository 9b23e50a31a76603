/** An object with some members in place of its own; all others, getters too, are asked of the object itself. */
export function overMethods<T extends object>(object: T, members: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name);
      const value: unknown = Reflect.get(target, name);
      // Of a class with private members only the object itself may be asked, not what stands before it.
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
