import type { Router } from "../rpc/router.ts";
import type { Peer } from "./peer.ts";

/** What a connection is served with, whatever its dialect. */
export interface Dialogue {
  /** Takes a message; resolves when it is answered, or when there is nothing to answer. */
  receive(text: string): Promise<void>;
  /** The peer has gone. */
  close(): void;
}

/** Opens a dialogue with a peer. @param send gives a message out, and never throws */
export type OpenDialogue = (peer: Peer, send: (text: string) => void) => Dialogue;

/** Dialogues of a router: each message is answered by itself. */
export function routerDialogues(router: Router<Peer>): OpenDialogue {
  return (peer, send) => ({
    async receive(text) {
      const reply = await router(text, peer);
      if (reply) send(reply.text);
    },
    close() {},
  });
}

/** Dialogues of a dialect that is loaded when the first one is opened; messages wait for it in their order. */
export function lazyDialogues(load: () => Promise<OpenDialogue>): OpenDialogue {
  return (peer, send) => {
    const opening = load().then((open) => open(peer, send));
    return {
      receive: async (text) => await (await opening).receive(text),
      close: () => void opening.then((dialogue) => dialogue.close(), () => {}),
    };
  };
}
