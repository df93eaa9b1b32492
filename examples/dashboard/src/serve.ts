import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:http';

const headers = {
  'content-security-policy': "default-src 'none'; script-src 'self'; connect-src 'self'",
};

/** Serves the page to this machine. */
export async function servePage(port: number): Promise<Server> {
  const html = await readFile(new URL('../page/index.html', import.meta.url));
  const script = await readFile(new URL('./page/page.js', import.meta.url));
  const server = createServer(({ url }, response) => {
    if (url === '/') response.writeHead(200, { ...headers, 'content-type': 'text/html' }).end(html);
    else if (url === '/page.js') {
      response.writeHead(200, { ...headers, 'content-type': 'text/javascript' }).end(script);
    } else response.writeHead(404, headers).end();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
