// Reads InfluxDB's credentials from Secrets Manager, in the format of Timestream for InfluxDB or as people enter them.

import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import * as z from 'zod'
import type { InfluxCredentials } from './wire.ts'

const secretSchema = z.union([
  z.object({ token: z.string().min(1) }),
  z.object({ username: z.string().min(1), password: z.string().min(1) }),
])

/** Reads the secret by its ARN. Throws when it has another format; the error does not repeat its content. */
export async function influxCredentials(SecretId: string): Promise<InfluxCredentials> {
  const parsed = secretSchema.safeParse(jsonOf(await secretText(SecretId)))
  if (!parsed.success) throw new Error('the secret of InfluxDB is no JSON with "token", or "username" and "password"')
  return 'token' in parsed.data ? parsed.data : { user: parsed.data.username, password: parsed.data.password }
}

/** The text of a secret, by its ARN. */
export async function secretText(SecretId: string): Promise<string> {
  const { SecretString = '' } = await new SecretsManagerClient().send(new GetSecretValueCommand({ SecretId }))
  return SecretString
}

/** Stores a token in the format that `influxCredentials` reads. */
export async function keepInfluxToken(SecretId: string, token: string): Promise<void> {
  const SecretString = JSON.stringify({ token })
  await new SecretsManagerClient().send(new PutSecretValueCommand({ SecretId, SecretString }))
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
