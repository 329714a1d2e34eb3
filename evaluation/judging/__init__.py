"""Open answers judged by a model: against a reference, by facts, or one beside the other."""
