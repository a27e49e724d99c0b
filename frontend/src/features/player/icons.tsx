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

export const LoopIcon = () => (
  <Icon>
    <path d="M4 11V9a3 3 0 0 1 3-3h11m-3-3 3 3-3 3M20 13v2a3 3 0 0 1-3 3H6m3 3-3-3 3-3" />
  </Icon>
)

export const FlagIcon = () => (
  <Icon>
    <path d="M6 21V4m0 1h12l-3 4 3 4H6" />
  </Icon>
)

export const UndoIcon = () => (
  <Icon>
    <path d="M8 5 4 9l4 4M4 9h10a5.5 5.5 0 0 1 0 11h-4" />
  </Icon>
)

export const RedoIcon = () => (
  <Icon>
    <path d="m16 5 4 4-4 4M20 9H10a5.5 5.5 0 0 0 0 11h4" />
  </Icon>
)

export const ZoomInIcon = () => (
  <Icon>
    <circle cx="10.5" cy="10.5" r="6.5" />
    <path d="m20 20-4.8-4.8M10.5 8v5M8 10.5h5" />
  </Icon>
)

export const ZoomOutIcon = () => (
  <Icon>
    <circle cx="10.5" cy="10.5" r="6.5" />
    <path d="m20 20-4.8-4.8M8 10.5h5" />
  </Icon>
)

export const FollowIcon = () => (
  <Icon>
    <path d="M8 4v16M12 12h8m-3-3 3 3-3 3" />
  </Icon>
)

export const KeyboardIcon = () => (
  <Icon>
    <path d="M4 7h16v10H4zM7.5 10.5h.1M11 10.5h.1M14.5 10.5h.1M8.5 14h7" />
  </Icon>
)

export const MixerIcon = () => (
  <Icon>
    <path d="M6 4v6m0 4v6M12 4v10m0 4v2M18 4v3m0 4v9M4 12h4M10 16h4M16 9h4" />
  </Icon>
)

export const ShareIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M12 15V4m0 0L8 8m4-4 4 4M5 13v6h14v-6" />
  </Icon>
)
