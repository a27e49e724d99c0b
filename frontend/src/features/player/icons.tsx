import { Icon, type IconProps } from '@/ui/icons'

export const BackIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="m14.5 6-6 6 6 6" />
  </Icon>
)

export const ToStartIcon = () => (
  <Icon>
    <path d="M6 5v14M19 6 9 12l10 6z" />
  </Icon>
)

export const BackwardIcon = () => (
  <Icon>
    <path d="M11 6 4 12l7 6zM20 6l-7 6 7 6z" />
  </Icon>
)

export const ForwardIcon = () => (
  <Icon>
    <path d="m13 6 7 6-7 6zM4 6l7 6-7 6z" />
  </Icon>
)

export const PauseIcon = () => (
  <Icon fill="currentColor" stroke="none">
    <path d="M7 5h4v14H7zM13 5h4v14h-4z" />
  </Icon>
)

export const WaitIcon = () => (
  <Icon className="wait">
    <path d="M12 4a8 8 0 1 1-8 8" />
  </Icon>
)
