// Stores files in an S3 bucket: reports, packages, and state documents too large for DynamoDB. The bucket's own
// settings (infra/) cover encryption, versions and read access.

import { DeleteObjectCommand, GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { checkObjectKey, type ObjectStore } from '../functions/platform.ts'

export function openObjectBucket({ s3, bucket }: { s3: S3Client; bucket: string }): ObjectStore {
  const place = (key: string) => {
    checkObjectKey(key)
    return { Bucket: bucket, Key: key }
  }
  return {
    async put(key, bytes, { contentType }) {
      await s3.send(new PutObjectCommand({ ...place(key), Body: bytes, ContentType: contentType }))
    },
    async get(key) {
      try {
        const { Body } = await s3.send(new GetObjectCommand(place(key)))
        return await Body?.transformToByteArray()
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined
        throw error
      }
    },
    async delete(key) {
      await s3.send(new DeleteObjectCommand(place(key)))
    },
  }
}
