/// <reference lib="dom" />
import type { Session } from "./session.ts";
import { element, say } from "../core/dom.ts";

/** Who is signed in, until when, and the way out. */
export function createAccount({ onSignOut }: {
  /** @returns why it could not be, if it could not */
  readonly onSignOut: () => Promise<string | undefined>;
}) {
  const button = element("sign-out", HTMLButtonElement);
  const note = element("account-note", HTMLElement);

  button.onclick = async () => {
    button.disabled = true;
    say(note, await onSignOut() ?? "");
    button.disabled = false;
  };

  return {
    show({ principal, roles, expiresAtMs }: Session): void {
      say(element("account-name", HTMLElement), principal);
      say(element("account-roles", HTMLElement), roles.join(", ") || "no role");
      say(element("account-end", HTMLElement), `until ${formatEnd(expiresAtMs)}`);
      say(note, "");
    },
  };
}

/** `18:30`, and the day where it is more than a day ahead. */
function formatEnd(atMs: number): string {
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const isNear = atMs - Date.now() < 86_400_000;
  return new Date(atMs).toLocaleString([], isNear ? time : { ...time, day: "numeric", month: "short" });
}
