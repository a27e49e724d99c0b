import type { StrategyNode } from '@/api/generated/types.gen'
import { StemChip } from '@/ui/Chip'
import { text } from './text'
import { type Branch, depth, type TreeNode } from './tree'
import './strategies.css'

/** More models in a row than this do not fit beside each other. */
const WIDEST = 3

function Slot({ branch }: { branch: Branch }) {
  return (
    <span className="slot font-mono text-xs text-muted" title={branch.description}>
      {branch.slot}
      <span aria-hidden="true">→</span>
    </span>
  )
}

/** The model of a node, or all of an ensemble, each on a line of its own. */
function Models({ node }: { node: StrategyNode }) {
  return (
    <p className="font-medium">
      {node.models.map(({ name, title }, number) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: one model may stand twice, with other parameters
        <span key={number} className="block" title={name}>
          {number > 0 && text.and}
          {title}
        </span>
      ))}
    </p>
  )
}

function Node({ tree }: { tree: TreeNode }) {
  return (
    <div className="node">
      <div className="box text-[13px]">
        <Models node={tree.node} />
        {tree.node.blend && <p className="mt-1 text-xs text-muted">{text.blend(tree.node.blend)}</p>}
      </div>
      <ul>
        {tree.branches.map((branch) => (
          <li key={branch.slot}>
            <Slot branch={branch} />
            {branch.to === 'stem' && <StemChip name={branch.stem} />}
            {branch.to === 'discard' && <span className="text-xs text-faint italic">{text.discarded}</span>}
            {branch.to === 'model' && <Node tree={branch.model} />}
          </li>
        ))}
      </ul>
    </div>
  )
}

/** A strategy drawn as a tree: models, their slots, and the stems in their colours. */
export function StrategyTree({ name, tree }: { name: string; tree: TreeNode }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a figure would want a caption; the heading above is it
    <div role="group" aria-label={text.treeOf(name)} className={`strategy-tree ${depth(tree) <= WIDEST ? 'wide' : ''}`}>
      <Node tree={tree} />
    </div>
  )
}
