// CloudFormation → a function that sets something up once: answers to the address in the event, whatever happens, since
// a stack otherwise waits an hour for the answer.

export interface CustomResourceEvent {
  RequestType: 'Create' | 'Update' | 'Delete'
  ResponseURL: string
  StackId: string
  RequestId: string
  LogicalResourceId: string
  PhysicalResourceId?: string
}

/** A reason is part of an answer of at most 4 KB. */
const REASON_CHARS_MAX = 1_000

/** `setUp` runs when the resource is created, and when one of its properties changes. */
export function customResource(setUp: () => Promise<void>): (event: CustomResourceEvent) => Promise<void> {
  return async (event) => {
    const { RequestType, ResponseURL, StackId, RequestId, LogicalResourceId } = event
    const reason = await (RequestType === 'Delete' ? Promise.resolve() : setUp()).then(
      () => undefined,
      (error: unknown) => String(error).slice(0, REASON_CHARS_MAX),
    )
    if (reason) console.error(JSON.stringify({ level: 'ERROR', what: 'not set up', reason }))
    const answer = {
      ...{ StackId, RequestId, LogicalResourceId, PhysicalResourceId: event.PhysicalResourceId ?? LogicalResourceId },
      ...(reason ? { Status: 'FAILED', Reason: reason } : { Status: 'SUCCESS' }),
    }
    // The address is signed for an empty content type.
    const headers = { 'content-type': '' }
    const response = await fetch(ResponseURL, { method: 'PUT', headers, body: JSON.stringify(answer) })
    if (!response.ok) throw new Error(`CloudFormation's address answered ${response.status}`)
  }
}
