// A certified OpenID provider for the tests: client credentials, JWT access tokens, one client
// and one key for each algorithm. POST /rotate makes new keys and publishes the old ones beside
// them; POST /rotate?drop publishes the new ones only.
import http from 'node:http';

import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

const PORT = Number(process.argv[2]);
const ISSUER = `http://localhost:${PORT}`;
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'];

let generation = 0;

async function makeKeys() {
  generation += 1;
  return Promise.all(ALGORITHMS.map(async (alg) => {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    return { ...await exportJWK(privateKey), alg, use: 'sig', kid: `${alg}-${generation}` };
  }));
}

function makeProvider(keys) {
  const provider = new Provider(ISSUER, {
    clients: ALGORITHMS.map((alg) => ({
      client_id: `app-${alg}`,
      client_secret: `secret-${alg}`,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      id_token_signed_response_alg: alg,
    })),
    jwks: { keys },
    scopes: ['storage'],
    enabledJWA: { idTokenSigningAlgValues: ALGORITHMS },
    extraTokenClaims: async () => ({ policy: 'readonly', groups: ['testers'] }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'https://storage.example.com',
        getResourceServerInfo: (ctx, resource, client) => ({
          scope: 'storage',
          accessTokenFormat: 'jwt',
          audience: 'https://storage.example.com',
          jwt: { sign: { alg: client.clientId.replace('app-', '') } },
        }),
      },
    },
  });
  return provider.callback();
}

let keys = await makeKeys();
let handler = makeProvider(keys);

const server = http.createServer(async (request, response) => {
  if (request.method === 'POST' && request.url.startsWith('/rotate')) {
    const fresh = await makeKeys();
    keys = request.url.endsWith('?drop') ? fresh : [...fresh, ...keys];
    // The first key of an algorithm signs.
    handler = makeProvider(keys);
    response.end('rotated\n');
    return;
  }
  handler(request, response);
});
server.listen(PORT, '127.0.0.1', () => console.log(`listening on ${ISSUER}`));
