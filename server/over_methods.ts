/** An object with some members in place of its own; all others, getters too, are asked of the object itself. */
export function overMethods<T extends object>(object: T, members: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name);
      const member = Reflect.get(target, name);
      // Called on the proxy, a method would not find the private members of its object.
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
