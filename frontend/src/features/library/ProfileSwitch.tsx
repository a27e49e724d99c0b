import { Link } from '@tanstack/react-router'
import type { Profile } from '@/api/generated/types.gen'
import { text } from './text'

/** The profiles side by side. It scrolls sideways when they are many. */
export function ProfileSwitch({ profiles, className }: { profiles: readonly Profile[]; className: string }) {
  return (
    <nav aria-label={text.profiles} className={`min-w-0 overflow-x-auto p-1 ${className}`}>
      <ul className="flex w-max overflow-hidden rounded-[9px] border border-line">
        {profiles.map(({ name, title }) => (
          <li key={name}>
            <Link
              to="/p/$profileName"
              params={{ profileName: name }}
              activeOptions={{ exact: true, includeSearch: false }}
              className="flex h-[30px] items-center px-3.5 text-[13px] whitespace-nowrap text-muted outline-offset-[-3px] hover:text-text aria-[current=page]:bg-raise aria-[current=page]:text-text pointer-coarse:h-10"
            >
              {title}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
