import type { Model, Strategy, StrategyNode } from '@/api/generated/types.gen'

/** Where a slot leads. `discard`: the strategy leaves it out on purpose. */
export type Branch = { slot: string; description: string } & (
  | { to: 'stem'; stem: string }
  | { to: 'model'; model: TreeNode }
  | { to: 'discard' }
)

export interface TreeNode {
  node: StrategyNode
  branches: Branch[]
}

/** Builds the tree of a strategy's nodes; null when it has none. Slots come in their model's order. */
export function buildStrategyTree(strategy: Strategy, models: readonly Model[]): TreeNode | null {
  const known = new Map(models.map((model) => [model.name, model]))

  const grow = (node: StrategyNode): TreeNode => {
    const children = strategy.nodes.filter(({ parent }) => parent === node.path)
    const slots = known.get(node.models[0]?.name ?? '')?.slots ?? {}
    const used = [...Object.keys(node.stems), ...children.flatMap(({ slot }) => slot ?? [])]
    const branches = [...new Set([...Object.keys(slots), ...used])].map((slot): Branch => {
      const description = slots[slot] ?? ''
      const stem = node.stems[slot]
      if (stem !== undefined) return { slot, description, to: 'stem', stem }
      const child = children.find((other) => other.slot === slot)
      return child ? { slot, description, to: 'model', model: grow(child) } : { slot, description, to: 'discard' }
    })
    return { node, branches }
  }

  const root = strategy.nodes.find(({ parent }) => parent === null)
  return root ? grow(root) : null
}

/** How many models stand one behind another at most. */
export function depth(tree: TreeNode): number {
  return 1 + Math.max(0, ...tree.branches.map((branch) => (branch.to === 'model' ? depth(branch.model) : 0)))
}

/** The models of a strategy, each once, in the order of the tree. */
export function modelsOf(strategy: Strategy, models: readonly Model[]): Model[] {
  const names = new Set(strategy.nodes.flatMap((node) => node.models.map(({ name }) => name)))
  return [...names].flatMap((name) => models.find((model) => model.name === name) ?? [])
}

/** The size of all weights that a strategy needs, whether they are here or not. */
export function weightBytes(models: readonly Model[]): number {
  return models.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

/** The licences of the models that have weights, each once; null stands for one that is not stated. */
export function licencesOf(models: readonly Model[]): (string | null)[] {
  return [...new Set(models.filter(({ weights }) => weights !== 'none').map(({ licence }) => licence))]
}
