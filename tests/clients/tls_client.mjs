// JavaScript clients over TLS: `node tls_client.mjs CLIENT` gets credentials in one way, and
// prints who they are. The environment says where the service is and whose authority to trust.
import http2 from 'node:http2';

import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromTemporaryCredentials, fromWebToken } from '@aws-sdk/credential-providers';
import { AssumeRoleProvider } from 'minio/dist/esm/AssumeRoleProvider.mjs';

const { STS_URL, ROLE, WEB_TOKEN, SIGNED_URL } = process.env;
const USER = { accessKeyId: 'foobar', secretAccessKey: 'foo12345' };
const CONFIG = { endpoint: STS_URL, region: 'us-east-1' };
const session = (name) => ({ RoleArn: ROLE, RoleSessionName: name });

const CLIENTS = {
  'sdk-assume-role': () => identity(fromTemporaryCredentials({
    masterCredentials: USER, params: session('sdk'), clientConfig: CONFIG,
  })),

  'sdk-web-token': () => identity(fromWebToken({
    roleArn: ROLE, roleSessionName: 'web', webIdentityToken: WEB_TOKEN, clientConfig: CONFIG,
  })),

  'minio-js': async () => {
    const provider = new AssumeRoleProvider({
      stsEndpoint: STS_URL, accessKey: 'foobar', secretKey: 'foo12345', roleArn: ROLE, roleSessionName: 'minio',
    });
    const { accessKey, secretKey, sessionToken } = await provider.getCredentials();
    return identity({ accessKeyId: accessKey, secretAccessKey: secretKey, sessionToken });
  },

  // A presigned URL, fetched over HTTP/2.
  http2: async () => {
    const { origin, pathname, search } = new URL(SIGNED_URL);
    const client = http2.connect(origin);
    const request = client.request({ ':path': pathname + search });
    request.setEncoding('utf8');
    let body = '';
    for await (const chunk of request) body += chunk;
    client.close();
    return body;
  },
};

async function identity(credentials) {
  const reply = await new STSClient({ ...CONFIG, credentials }).send(new GetCallerIdentityCommand({}));
  return reply.Arn;
}

console.log(await CLIENTS[process.argv[2]]());
