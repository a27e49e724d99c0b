class _Mps:
    def is_available(self) -> bool: ...

class _Cudnn:
    allow_tf32: bool

mps: _Mps
cudnn: _Cudnn
