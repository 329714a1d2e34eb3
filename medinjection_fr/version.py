"""The version of the package, in a file of its own: the build reads it without importing."""

__version__ = "1.0.0"
