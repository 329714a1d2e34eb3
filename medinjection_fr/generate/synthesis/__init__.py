"""Documents → records that a model writes: what is asked of each, what comes back, what is refused."""
