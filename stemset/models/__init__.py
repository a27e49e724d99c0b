"""Models: registered classes with named slots. Importing this package never imports torch."""
