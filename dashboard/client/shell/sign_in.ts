/// <reference lib="dom" />
import { readSession, type Session, signIn } from "./session.ts";
import { element, say } from "../core/dom.ts";

/** What is asked for, by AUTH_MODE. */
const CREDENTIALS: Readonly<Record<string, { readonly name: string; readonly lead: string }>> = {
  token: { name: "API key", lead: "This server asks who calls. Paste the API key that its operator gave you." },
  oidc: { name: "Access token", lead: "This server asks who calls. Paste an access token that was issued for it." },
};

const INSECURE =
  "This page came over plain http, where browsers keep no session: open it over https://, or at http://localhost.";
const NO_COOKIE =
  "The key is right, but this browser did not keep the session: it must accept cookies of this page, over https:// " +
  "or at http://localhost.";

/** The form that exchanges a credential for a session; the credential stays in its field, and only until then. */
export function createSignInForm({ authMode, onSignedIn }: {
  readonly authMode: string;
  readonly onSignedIn: (session: Session) => void;
}) {
  const form = element("sign-in-form", HTMLFormElement);
  const field = element("credential", HTMLInputElement);
  const button = element("sign-in-button", HTMLButtonElement);
  const error = element("sign-in-error", HTMLElement);
  const { name, lead } = CREDENTIALS[authMode] ?? { name: "Credential", lead: "This server asks who calls." };
  say(element("credential-label", HTMLElement), name);

  function refuse(words: string): void {
    // Emptied first: the same words again are read out again.
    error.textContent = "";
    say(error, words);
    field.setAttribute("aria-invalid", "true");
    field.focus();
    field.select();
  }

  async function submit(): Promise<void> {
    const token = field.value.trim();
    if (token === "") return refuse(`Paste the ${name} first`);
    button.disabled = true;
    say(button, "Signing in…");
    try {
      const signed = await signIn(token);
      if (signed.kind === "refusal") return refuse(signed.words);
      field.value = "";
      const session = await readSession();
      if (session.kind === "refusal") return refuse(session.status === 401 ? NO_COOKIE : session.words);
      onSignedIn(session.value);
    } finally {
      button.disabled = false;
      say(button, "Sign in");
    }
  }

  field.oninput = () => {
    say(error, "");
    field.removeAttribute("aria-invalid");
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    if (!button.disabled) submit();
  };

  return {
    /** Asks for a credential. @param words why it is asked for, where there is more to say */
    open(words = ""): void {
      say(element("sign-in-lead", HTMLElement), [words, lead].filter((part) => part).join(" "));
      say(error, isSecureContext ? "" : INSECURE);
      field.removeAttribute("aria-invalid");
      field.value = "";
      field.disabled = button.disabled = !isSecureContext;
      field.focus();
    },
  };
}
