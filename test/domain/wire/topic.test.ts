// Who may use which MQTT topic: its own, spelled out, and nothing else.

import { describe, expect, it } from 'vitest'
import { filterOf, mayPublish, maySubscribe, parseTopic, topicOf } from '../../../domain/wire/topic.ts'

describe('parseTopic', () => {
  it.each([
    { topic: 'kw/v1/G-1/readings', want: { gateway: 'G-1', channel: 'readings' } },
    { topic: 'kw/v1/G-1/status', want: { gateway: 'G-1', channel: 'status' } },
    { topic: 'kw/v1/G-1/commands', want: { gateway: 'G-1', channel: 'commands' } },
    { topic: 'kw/v1/G-1/results', want: { gateway: 'G-1', channel: 'results' } },
    { topic: 'kw/v1/G-1/readings/more', want: undefined },
    { topic: 'kw/v1/G-1/readings/', want: undefined },
    { topic: '/kw/v1/G-1/readings', want: undefined },
    { topic: 'kw/v2/G-1/readings', want: undefined },
    { topic: 'kw/v1//readings', want: undefined },
    { topic: 'kw/v1/G 1/readings', want: undefined },
    { topic: `kw/v1/${'g'.repeat(65)}/readings`, want: undefined },
    { topic: 'kw/v1/+/readings', want: undefined },
    { topic: 'kw/v1/G-1/other', want: undefined },
    { topic: 'kw/v1/G-1', want: undefined },
    { topic: '', want: undefined },
  ])('reads "$topic"', ({ topic, want }) => {
    expect(parseTopic(topic)).toEqual(want)
  })

  it('reads what topicOf writes', () => {
    expect(parseTopic(topicOf('A_b-9', 'results'))).toEqual({ gateway: 'A_b-9', channel: 'results' })
  })

  it('hears every gateway with filterOf', () => {
    expect(filterOf('readings')).toBe('kw/v1/+/readings')
  })
})

describe('a gateway G', () => {
  it.each([
    { topic: 'kw/v1/G/readings', want: true },
    { topic: 'kw/v1/G/status', want: true },
    { topic: 'kw/v1/G/results', want: true },
    { topic: 'kw/v1/G/commands', want: false },
    { topic: 'kw/v1/H/readings', want: false },
    { topic: 'kw/v1/g/readings', want: false },
    { topic: '$SYS/broker', want: false },
    { topic: 'kw/v1/G/#', want: false },
  ])('may publish to $topic: $want', ({ topic, want }) => {
    expect(mayPublish('G', topic)).toBe(want)
  })

  it.each([
    { filter: 'kw/v1/G/commands', want: true },
    { filter: 'kw/v1/H/commands', want: false },
    { filter: 'kw/v1/+/commands', want: false },
    { filter: 'kw/v1/G/+', want: false },
    { filter: 'kw/v1/G/#', want: false },
    { filter: '+/v1/G/commands', want: false },
    { filter: '#', want: false },
    { filter: 'kw/v1/G/commands/#', want: false },
    { filter: '$share/x/kw/v1/G/commands', want: false },
    { filter: 'kw/v1/G/readings', want: false },
  ])('may subscribe to $filter: $want', ({ filter, want }) => {
    expect(maySubscribe('G', filter)).toBe(want)
  })
})
