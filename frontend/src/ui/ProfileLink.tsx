import { Link } from '@tanstack/react-router'

/** The way to a profile's recordings. title: the profile's; its name is shown until that is known. */
export function ProfileLink({ name, title = name }: { name: string; title?: string | undefined }) {
  return (
    <Link to="/p/$profileName" params={{ profileName: name }} className="rounded-sm whitespace-nowrap hover:text-text">
      {title}
    </Link>
  )
}
