"""Everything that touches audio_separator, torch or onnxruntime. Imported only when a network is loaded."""
