/** Roles of one key. */
export const ROLES_MAX = 32;

/** What the name of a key may be, in words that follow "expected". */
export const NAME_RULE = "a name of 1 to 128 ASCII letters, digits and . _ @ : + -, the first one a letter or digit";
/** Likewise, of a role. */
export const ROLE_RULE = "a role of 1 to 64 ASCII letters, digits and . _ : -, the first one a letter or digit";

/** Names stand in keys of Redis, headers and logs, and are compared by eye: hence ASCII, and nothing that separates. */
export function isTokenName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._@:+-]{0,127}$/.test(text);
}

export function isRole(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/.test(text);
}
