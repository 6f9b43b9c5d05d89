// Parts of the page that come after its first sight. They are drawn by Ant Design, which loads with the first of them.

import { type ComponentType, type LazyExoticComponent, lazy } from 'react'

/** A component whose code, and Ant Design around it, is loaded when it is first rendered. Stands below a Suspense. */
export function laterPart<P extends object>(
  load: () => Promise<ComponentType<P>>,
): LazyExoticComponent<ComponentType<P>> {
  return lazy(async () => {
    const [{ AntdRoot }, Part] = await Promise.all([import('./antd-root.tsx'), load()])
    // biome-ignore lint/correctness/noComponentHookFactories: made once for each part, when the file is loaded
    const Later = (props: P) => (
      <AntdRoot>
        <Part {...props} />
      </AntdRoot>
    )
    return { default: Later }
  })
}
