/** A sentence whose commands stand between backticks, as the service writes them. */
export function WithCode({ children }: { children: string }) {
  return children.split('`').map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      <code key={part} className="rounded bg-raise px-1 py-0.5 font-mono text-xs text-text">
        {part}
      </code>
    ),
  )
}
