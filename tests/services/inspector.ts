/** A message of the Chrome DevTools protocol, as far as these tests look into it. */
interface InspectorMessage {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly url?: string };
}

/**
 * The URLs of all modules that a process has loaded: what V8 itself knows of, so that a module which is merely named in
 * a dynamic import is not among them.
 *
 * @param output what a process started with `--inspect=127.0.0.1:0` has printed
 */
export async function loadedModules(output: string): Promise<readonly string[]> {
  const [, url] = /Debugger listening on (ws:\S+)/.exec(output) ?? [];
  if (url === undefined) throw new Error(`No inspector is announced in:\n${output}`);
  const socket = new WebSocket(url);
  const done = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const modules: string[] = [];
  socket.onopen = () => socket.send('{"id":1,"method":"Debugger.enable"}');
  socket.onmessage = ({ data }) => {
    const { id, method, params }: InspectorMessage = JSON.parse(String(data));
    if (method === "Debugger.scriptParsed" && params?.url) modules.push(params.url);
    // It is answered once every script there is has been told.
    if (id === 1) done.resolve();
  };
  socket.onclose = () => {
    done.reject(new Error("The inspector closed"));
    closed.resolve();
  };
  try {
    await done.promise;
    return modules;
  } finally {
    socket.close();
    await closed.promise;
  }
}
