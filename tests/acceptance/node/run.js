// Calls the methods of a client from npm, which is unmodified, as tests/acceptance/npm.py asks: a line of JSON in, a
// line of JSON out. Arguments: the client's name, the server's address, the API key, its secret.
'use strict';

const net = require('net');
const readline = require('readline');
const { createRequire } = require('module');

// Nothing here may reach another machine, whatever address a client has built in.
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const options = Array.isArray(given[0]) ? given[0][0] : given[0];
  if (typeof options === 'object' && options !== null && options.host && options.host !== '127.0.0.1') {
    throw new Error(`tests talk to loopback addresses only, not to ${options.host}`);
  }
  return connect.apply(this, given);
};

const [name, url, key, secret] = process.argv.slice(2);
const load = createRequire(process.env.NODE_CLIENTS + '/');

const makers = {
  '3commas-api-node': (mode) => {
    const Client = load('3commas-api-node');
    return new Client({ url, apiKey: key, apiSecret: secret, forcedMode: mode });
  },
  // It has no option for the address; an interceptor added after its own runs before it, and so before the signing.
  '3commas-typescript': (mode) => {
    const { API } = load('3commas-typescript');
    const client = new API({ key, secrets: secret, forcedMode: mode, timeout: 30000 });
    client.axios.interceptors.request.use((config) => {
      config.url = config.url.replace(config.baseURL, url);
      config.baseURL = url;
      return config;
    });
    return client;
  },
};

const clients = {};

async function answer({ mode, method, args }) {
  const client = (clients[mode] ??= makers[name](mode));
  if (method === null) {
    return { methods: Object.getOwnPropertyNames(Object.getPrototypeOf(client)) };
  }
  try {
    return { returned: await client[method](...args) };
  } catch (reason) {
    return { rejected: reason instanceof Error ? { failure: String(reason) } : reason };
  }
}

console.log = console.error; // stdout is for answers
readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + '\n');
});
