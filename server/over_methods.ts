/** An object with some members in place of its own; all others, getters too, are asked of the object itself. */
export function overMethods<T extends object>(object: T, members: Partial<T>): T {
  return new Proxy(object, {
    get: (target, name) => Reflect.get(Object.hasOwn(members, name) ? members : target, name),
  });
}
