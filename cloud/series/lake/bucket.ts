// The lake's files in S3, below `lake/`: written whole, read by ranges of bytes, never changed.

import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { AsyncBuffer } from 'hyparquet'
import { must } from '../../../domain/must.ts'

/** Version 1 of the format (docs/decisions/0050). */
const READINGS_PREFIX = 'lake/v1/readings/'

/** `name`: without its ending. */
export const lakeKey = (county: string, month: string, name: string): string =>
  `${monthPrefix(county, month)}${name}.parquet`
const monthPrefix = (county: string, month: string): string => `${READINGS_PREFIX}county=${county}/month=${month}/`

/** A file that the manifest names is not in the bucket: it was merged into another after the manifest was read. */
export class LakeFileGone extends Error {
  override name = 'LakeFileGone'
}

export function openLakeBucket({ s3, bucket }: { s3: S3Client; bucket: string }) {
  return {
    /** A file of known size, read by ranges. */
    reader: (key: string, byteLength: number): AsyncBuffer => ({
      byteLength,
      async slice(start, end = byteLength) {
        if (end <= start) return new ArrayBuffer(0)
        const command = new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=${start}-${end - 1}` })
        try {
          const bytes = await must((await s3.send(command)).Body).transformToByteArray()
          return bytes.slice().buffer as ArrayBuffer
        } catch (error) {
          if ((error as Error).name === 'NoSuchKey') throw new LakeFileGone(key)
          throw error
        }
      },
    }),

    /** Durable when the promise resolves. */
    async put(key: string, bytes: Uint8Array): Promise<void> {
      const ContentType = 'application/vnd.apache.parquet'
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ContentType }))
    },

    /** Does nothing when there is no such file. */
    async delete(key: string): Promise<void> {
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))
    },

    /** Names of the files of a month of a county, without their ending. */
    async names(county: string, month: string): Promise<string[]> {
      const Prefix = monthPrefix(county, month)
      const names: string[] = []
      let ContinuationToken: string | undefined
      do {
        const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix, ContinuationToken }))
        for (const { Key = '' } of page.Contents ?? []) names.push(Key.slice(Prefix.length).replace(/\.parquet$/, ''))
        ContinuationToken = page.NextContinuationToken
      } while (ContinuationToken)
      return names
    },
  }
}
export type LakeBucket = ReturnType<typeof openLakeBucket>
