import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What happens to a connection whose client says something: it goes on, or it is cut before or after the server has heard it. */
export type Verdict = 'pass' | 'cut before' | 'cut after';

/** Stands between a client and a server, and cuts connections, or holds back what is said. */
export class TcpProxy {
  /** Decides about each piece of data from a client. */
  judge: (data: Buffer) => Verdict = () => 'pass';
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #isFrozen = false;

  constructor(private readonly target: { readonly host: string; readonly port: number }) {}

  /** The port on which it listens. */
  get port(): number {
    return this.#port;
  }

  /** Listens; on the same port as before, if it did. */
  async open(): Promise<void> {
    const server = createServer((client) => this.#join(client));
    await new Promise<void>((resolve) => void server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Cuts all connections, and refuses new ones. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    this.cut();
    await closed;
  }

  /** Cuts all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Drops what both sides say, until the connections are cut. */
  freeze(isFrozen: boolean): void {
    this.#isFrozen = isFrozen;
  }

  #join(client: Socket): void {
    const server = connect(this.target);
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    let isMuted = false;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    client.on('data', (data) => {
      if (this.#isFrozen) return;
      const verdict = this.judge(data);
      if (verdict === 'cut before') return end();
      isMuted ||= verdict === 'cut after';
      server.write(data);
    });
    server.on('data', (data) => {
      if (this.#isFrozen) return;
      // The server has done what it was told, and the client does not hear of it.
      if (isMuted) end();
      else client.write(data);
    });
  }
}
