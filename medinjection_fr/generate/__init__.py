"""Records that a model writes: translation and synthesis, their prompts and checks."""
